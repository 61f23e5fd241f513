import { describe, expect, test as it } from 'vitest';
import { parse } from 'yaml';
import { parseWorkflow } from '../workflow/workflow-file.ts';
import { type DeviceServices, readRecipe, resultsOf, test } from './device-services.ts';

const RECIPES = [
  'firmware.yml',
  'firmware-zephyr.yml',
  'hardware-in-the-loop.yml',
  'docker-build.yml',
  'docker-run.yml',
  'containers.yml',
];

describe.each(RECIPES)('%s', (name) => {
  const recipe = readRecipe(name);
  const jobs = Object.values(parseWorkflow(recipe).jobs);
  const stepsOf = (action: string) =>
    jobs.flatMap(({ steps }) => steps).filter(({ uses }) => uses?.startsWith(`${action}@`));

  it('uses the actions of others, and images, as they were when it was written', () => {
    const others = recipe.match(/uses: (?!OWNER\/REPO).*/g) ?? [];
    const images = recipe.match(/\S*alpine\S*/g) ?? [];
    const pinned = /^uses: (?:[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|docker:\/\/\S+)$/;
    expect(others.filter((line) => !pinned.test(line))).toEqual([]);
    expect(images.filter((image) => !/:[\d.]+@sha256:[0-9a-f]{64}$/.test(image))).toEqual([]);
  });

  it('has jobs that end, and that may do no more than they must', () => {
    const parsed = parse(recipe) as { jobs: Record<string, Record<string, unknown>> };
    for (const job of Object.values(parsed.jobs)) {
      expect(job['timeout-minutes']).toBeLessThanOrEqual(30);
      const permissions = Object.entries(job['permissions'] ?? {});
      expect(permissions.filter(([, level]) => level !== 'read')).toEqual([]);
    }
    for (const { with: given } of stepsOf('actions/checkout')) {
      expect(given).toEqual({ 'persist-credentials': false });
    }
  });

  it('keeps artifacts for a day, and what is in them only sealed', () => {
    for (const { with: given } of stepsOf('actions/upload-artifact')) {
      expect(given?.['retention-days']).toBe(1);
      const { with: asked = {} } = stepsOf('OWNER/REPO')[0] ?? {};
      expect(asked['encrypt-key']).toBe(true);
    }
    expect(recipe).not.toMatch(/-(?:cbc|ctr|ecb)\b|openssl enc/);
  });

  /** One thing less of what the recipe needs before it creates anything. */
  const shortages = ({ secrets, vars }: DeviceServices) => {
    const used = Object.keys(secrets).filter((secret) => recipe.includes(`secrets.${secret} `));
    const needsStation = recipe.includes('vars.FLASHING_CERTIFICATE ');
    return [
      ...used.map((secret) => ({ secrets: { ...secrets, [secret]: '' } })),
      ...(needsStation ? [{ vars: { ...vars, FLASHING_CERTIFICATE: '' } }] : []),
    ];
  };

  test('creates nothing when a secret is missing, and fails', async ({ services }) => {
    const given = shortages(services);
    expect(given.length).toBeGreaterThanOrEqual(2);
    for (const shortage of given) {
      const played = await services.play(name, shortage);
      const results = Object.values(resultsOf(played));
      expect(results).toContain('failure');
      expect(results).not.toContain('success');
      expect(played.artifacts.names).toEqual([]);
    }
    expect(services.hub.requests).toEqual([]);
  });
});
