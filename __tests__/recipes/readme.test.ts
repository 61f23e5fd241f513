import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { logOf, ROOT, resultsOf, type Services, test } from './services.ts';

const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** A section's text up to the next heading of its level, and the workflow that it shows. */
function section(heading: string) {
  const [, rest = ''] = readme.split(`\n## ${heading}\n`);
  const [text = ''] = rest.split('\n## ');
  const [, workflow = ''] = /^```yaml\n(on:.*?|name:.*?)^```$/ms.exec(text) ?? [];
  return { text, workflow };
}

const SET_UP = section('Set up');
const ONE_JOB = section('An agent for one job');
const STAYS = section('A certificate in environment secrets');
const EVENT = { event: { name: 'workflow_dispatch', payload: {} } };

/** The names in capitals that a text has its reader store. */
function named(...texts: readonly string[]): readonly string[] {
  const prose = texts.map((text) => text.replaceAll(/^```.*?^```$/gms, '')).join('\n');
  const stored = [...prose.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name);
  return [...new Set(stored)].filter((name) => !name.startsWith('GITHUB_'));
}

const only = (all: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));

/** A repository with what these sections say to store, and nothing else. */
function setUp({ secrets, vars, github }: Services, ...texts: readonly string[]) {
  const names = named(...texts);
  for (const [, name = ''] of texts.join('\n').matchAll(/the environment\]\([^)]*\) `(\w+)`/g)) {
    github.addEnvironment(name);
  }
  return { ...EVENT, secrets: only(secrets, names), vars: only(vars, names) };
}

describe('a reader who follows the README', () => {
  test('gets an agent for one job, which is deleted', async ({ services }) => {
    const given = setUp(services, SET_UP.text, ONE_JOB.text);
    const { workflow } = ONE_JOB;
    const played = await services.play('', { ...given, workflow });
    expect(resultsOf(played)).toEqual({ test: 'success' });
    expect(logOf(played)).toContain('The private key can be read');
    expect(services.hub.seen('create')).toHaveLength(1);
    expect(services.clientIds).toEqual([]);
    expect(played.jobs['test']?.files).toEqual([]);
  });

  test('gets a certificate into the secrets of an environment', async ({ services }) => {
    const given = setUp(services, SET_UP.text, STAYS.text);
    const { workflow } = STAYS;
    const played = await services.play('', { ...given, workflow });
    expect(resultsOf(played)).toEqual({ issue: 'success', deploy: 'success' });
    expect(logOf(played)).toContain(
      'The private key of mqtt1_device001 belongs to its certificate',
    );
    const { secrets, variables } = services.github.environments.get('production') ?? {};
    const { privateKey, certificate } = services.pairOf('mqtt1_device001');
    expect(Object.fromEntries(secrets ?? [])).toEqual({
      INSIGHTS_HUB_AGENT_PRIVATE_KEY: privateKey,
      INSIGHTS_HUB_AGENT_CERTIFICATE: certificate,
    });
    expect(variables?.get('INSIGHTS_HUB_AGENT_CLIENT_ID')).toBe('mqtt1_device001');

    const again = await services.play('', { ...given, workflow });
    expect(resultsOf(again)).toEqual({ issue: 'failure', deploy: 'skipped' });
    expect(logOf(again).join('\n')).toContain('[agent-exists]');
  });

  test('is stopped if a step was left out', async ({ services }) => {
    const { workflow } = STAYS;
    const played = await services.play('', { ...setUp(services, SET_UP.text), workflow });
    expect(resultsOf(played)).toEqual({ issue: 'failure', deploy: 'skipped' });
    expect(services.hub.seen('create')).toEqual([]);
  });

  test('can use every way to authenticate', async ({ services }) => {
    const { text } = section('Ways to authenticate');
    const ways = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
      ([, way = '']) => parse(way) as Readonly<Record<string, string>>,
    );
    expect(ways).toHaveLength(3);
    for (const [index, way] of ways.entries()) {
      const credentials = Object.entries(way).map(
        ([name, value]) => `          ${name}: ${value}\n`,
      );
      const workflow = ONE_JOB.workflow
        .replace(/^ +oauth-client-id: .*\n +oauth-client-secret: .*\n/m, credentials.join(''))
        .replace('      - id: agent', `${FETCH}      - id: agent`);
      const token = services.hub.issueToken();
      const played = await services.play('', {
        ...EVENT,
        workflow,
        vars: { ...services.vars, TOKEN: token },
      });
      expect(resultsOf(played), `way ${index}`).toEqual({ test: 'success' });
    }
  });
});

/** A step that passes a token on. */
const FETCH = `      - id: token
        env:
          TOKEN: \${{ vars.TOKEN }}
        run: |
          echo "::add-mask::$TOKEN"
          echo "token=$TOKEN" >> "$GITHUB_OUTPUT"
`;
