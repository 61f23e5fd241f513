import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { test as base, describe, expect } from 'vitest';
import type { Play, Played } from '../workflow/play.ts';
import { parseWorkflow } from '../workflow/workflow-file.ts';
import { plainKeysIn } from './plain-keys.ts';
import { readRecipe, recipes, resultsOf, type Services, test } from './services.ts';

/** The payload of an event, so that a recipe's jobs start. */
const PAYLOADS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  pull_request: {
    action: 'opened',
    number: 7,
    repository: { name: 'device' },
    pull_request: { head: { repo: { full_name: 'octo/device' } } },
  },
  release: { action: 'published', release: { tag_name: 'v1' } },
};

/** The secrets that somebody has to set; the others are written by the actions themselves. */
const secretsIn = (text: string) => {
  const named = [...text.matchAll(/\bsecrets\.(\w+)/g)].map(([, name = '']) => name);
  const set = named.filter((name) => !/^(INSIGHTS_HUB_AGENT_|GITHUB_TOKEN$)/.test(name));
  return [...new Set(set)].sort();
};

/** The event that starts a recipe; undefined for one that only other workflows call. */
function eventOf(text: string) {
  const { on } = parseWorkflow(text);
  const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on);
  const name = ['workflow_dispatch', ...Object.keys(PAYLOADS), 'push'].find((one) =>
    events.includes(one),
  );
  return name === undefined ? undefined : { name, payload: PAYLOADS[name] ?? {} };
}

/** Sets up all that the recipes need, and plays one with a secret that is empty. */
async function playWithout(
  services: Services,
  { name, missing, ...more }: { name: string; missing: string } & Partial<Play>,
): Promise<Played> {
  const { github } = services;
  // There is no broker, and attempts to reach it take a minute.
  const workflow = (more.workflow ?? readRecipe(name)).replaceAll(
    /^ +verify-connection: .*\n/gm,
    '',
  );
  for (const [, environment = ''] of workflow.matchAll(/^ +environment: (\w+)$/gm)) {
    github.addEnvironment(environment);
  }
  const ended = { id: 5, status: 'completed', conclusion: 'cancelled', run_attempt: 1 } as const;
  const now = new Date().toISOString();
  github.workflows.runs.set('ephemeral-agent.yml', [
    { ...ended, created_at: now, updated_at: now },
  ]);
  const others = secretsIn(workflow).map((one) => [one, `the value of ${one}`]);
  const secrets = { ...Object.fromEntries(others), ...services.secrets, [missing]: '' };
  const vars = { ...services.vars, FLASHING_CERTIFICATE: services.hub.authority.certificate };
  const files = { 'devices.csv': 'name,owner\ndevice1\n' };
  const event = eventOf(workflow) ?? { name: '', payload: {} };
  return services.play(name, { event, files, secrets, vars, ...more, workflow });
}

/** How many of the issued keys can be read in the artifacts of a run. */
function plainKeysOf({ hub }: Services, { artifacts }: Played): number {
  const keys = [...hub.agents.values()].map(({ pair }) => pair.privateKey);
  return artifacts.contents.reduce((sum, file) => sum + plainKeysIn(file, keys), 0);
}

const cases = recipes.flatMap(({ name, text }) =>
  eventOf(text) === undefined ? [] : secretsIn(text).map((missing) => [name, missing] as const),
);

describe('a recipe whose secret is missing', () => {
  test.for(cases)(
    '%s fails, and no unencrypted key leaves it, without %s',
    { timeout: 60_000 },
    async ([name, missing], { services }) => {
      const played = await playWithout(services, { name, missing });
      expect(played.started).toBe(true);
      expect(Object.values(resultsOf(played))).toContain('failure');
      expect(plainKeysOf(services, played)).toBe(0);
      // All of them fail before anything is created.
      expect(services.hub.seen('create')).toEqual([]);
      expect(played.artifacts.names.filter((one) => !/^certificates-/.test(one))).toEqual([]);
    },
  );

  // Otherwise it failed for another reason before the secret was needed.
  test.for([...new Set(cases.map(([name]) => name))])(
    '%s sends requests to Insights Hub with all secrets',
    { timeout: 60_000 },
    async (name, { services }) => {
      // Not everything that follows can be played here.
      await playWithout(services, { name, missing: 'NONE' }).catch(() => undefined);
      expect(services.hub.seen('token')).not.toEqual([]);
    },
  );

  test('would be noticed if it continued with an unencrypted key', async ({ services }) => {
    const name = 'encrypted-artifact.yml';
    const workflow = readRecipe(name).replace(/^ +encrypt-key: true\n/m, '');
    expect(workflow).not.toBe(readRecipe(name));
    const played = await playWithout(services, { name, missing: 'KEY_PASSPHRASE', workflow });
    expect(services.hub.seen('create')).toHaveLength(1);
    expect(plainKeysOf(services, played)).toBe(1);
  });

  base('is each of them', () => {
    const played = new Set(cases.map(([name]) => name));
    const others = recipes.map(({ name }) => name).filter((name) => !played.has(name));
    // It is played as the workflow that calls it, which passes on all its secrets.
    expect(others).toEqual(['reusable.yml']);
    expect(secretsIn(readRecipe('call-reusable.yml'))).toEqual(
      secretsIn(readRecipe('reusable.yml')),
    );
  });
});

describe('a private key in a file', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const passphrase = 'a passphrase of the test';

  base.for([
    ['as issued', pem, 1],
    ['as PKCS#8', privateKey.export({ type: 'pkcs8', format: 'pem' }), 1],
    ['as DER', privateKey.export({ type: 'pkcs1', format: 'der' }), 1],
    ['in JSON', JSON.stringify({ key: pem }), 1],
    ['compressed', gzipSync(`before${pem}after`), 1],
    [
      'encrypted',
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }),
      0,
    ],
    ['that is another', 'nothing', 0],
  ] as const)('%s is seen if it can be read', ([, content, count]) => {
    expect(plainKeysIn(Buffer.from(content), [pem])).toBe(count);
  });
});
