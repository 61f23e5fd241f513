import { describe, expect } from 'vitest';
import { logOf, outcomesOf, readRecipe, resultsOf, type Services, test } from './services.ts';

const RECIPE = 'rotation.yml';
const PREFIX = 'INSIGHTS_HUB_AGENT';

const runOf = (number: number, event = 'workflow_dispatch') => ({
  event: { name: event, payload: {} },
  run: { run_number: String(number) },
});

/** The environment contains everything that belongs to an agent, and nothing else. */
function expectDelivered({ hub, github }: Services, clientId: string): void {
  const vault = github.environments.get('production');
  const pair = hub.agents.get(clientId)?.pair;
  expect(Object.fromEntries(vault?.secrets ?? [])).toEqual({
    [`${PREFIX}_PRIVATE_KEY`]: pair?.privateKey,
    [`${PREFIX}_CERTIFICATE`]: pair?.certificate,
  });
  expect(vault?.variables.get(`${PREFIX}_CLIENT_ID`)).toBe(clientId);
  expect(github.vault.secrets.size).toBe(0);
}

const DONE = { check: 'success', create: 'success', 'hand-over': 'success' };

describe('the rotation', () => {
  test('hands the new agent over, and then deletes the old one', async ({ services }) => {
    services.github.addEnvironment('production');
    const first = await services.play(RECIPE, runOf(1));
    expect(resultsOf(first)).toEqual({ ...DONE, 'delete-old': 'skipped' });
    expect(services.clientIds).toEqual(['mqtt1_device001-1-1']);
    expectDelivered(services, 'mqtt1_device001-1-1');

    const second = await services.play(RECIPE, runOf(2));
    expect(resultsOf(second)).toEqual({ ...DONE, 'delete-old': 'success' });
    expect(logOf(second)).toContain('The device is now mqtt1_device001-2-1');
    expect(services.clientIds).toEqual(['mqtt1_device001-2-1']);
    expectDelivered(services, 'mqtt1_device001-2-1');
  });

  test('keeps both agents while the hand-over fails, and continues where it failed', async ({
    services,
  }) => {
    services.github.addEnvironment('production');
    await services.play(RECIPE, runOf(1));
    const workflow = readRecipe(RECIPE).replace('echo "The device is now', 'exit 1; echo "');
    expect(workflow).not.toBe(readRecipe(RECIPE));
    const second = await services.play(RECIPE, { ...runOf(2), workflow });
    expect(resultsOf(second)).toEqual({
      ...{ check: 'success', create: 'success', 'hand-over': 'failure', 'delete-old': 'skipped' },
    });
    const both = ['mqtt1_device001-1-1', 'mqtt1_device001-2-1'];
    expect(services.clientIds).toEqual(both);

    const again = await services.rerun(RECIPE, runOf(2), second);
    expect(resultsOf(again)).toEqual({ ...DONE, 'delete-old': 'success' });
    expect(services.hub.seen('create')).toHaveLength(2);
    expect(services.clientIds).toEqual(both.slice(1));
  });

  test('keeps the old agent if the new one could not be delivered', async ({ services }) => {
    const { github } = services;
    github.addEnvironment('production');
    await services.play(RECIPE, runOf(1));
    github.faults.push({ at: 'secret', fault: { kind: 'status', status: 403 } });
    const second = await services.play(RECIPE, runOf(2));
    expect(resultsOf(second)).toEqual({
      ...{ check: 'success', create: 'failure', 'hand-over': 'skipped', 'delete-old': 'skipped' },
    });
    expect(services.clientIds).toContain('mqtt1_device001-1-1');
  });

  test('does nothing on its schedule until the certificate is old, but keeps the schedule', async ({
    services,
  }) => {
    const { github, hub } = services;
    github.addEnvironment('production');
    const first = await services.play(RECIPE, runOf(1, 'schedule'));
    expect(resultsOf(first)).toEqual({ ...DONE, 'delete-old': 'skipped' });

    const young = await services.play(RECIPE, runOf(2, 'schedule'));
    expect(logOf(young)).toContain('The certificate is 0 days old');
    expect(resultsOf(young)).toEqual({
      ...{ check: 'success', create: 'skipped', 'hand-over': 'skipped', 'delete-old': 'skipped' },
    });
    expect(hub.seen('create')).toHaveLength(1);

    const workflow = readRecipe(RECIPE).replace('DAYS: 80', 'DAYS: 0');
    const old = await services.play(RECIPE, { ...runOf(3, 'schedule'), workflow });
    expect(resultsOf(old)).toEqual({ ...DONE, 'delete-old': 'success' });
    expect(github.workflows.enabled).toEqual([RECIPE, RECIPE, RECIPE]);
  });

  test('fails if the secret in the environment is not a certificate', async ({ services }) => {
    const vault = services.github.addEnvironment('production');
    vault.secrets.set(`${PREFIX}_CERTIFICATE`, 'no certificate');
    const played = await services.play(RECIPE, runOf(1, 'schedule'));
    expect(outcomesOf(played.jobs['check'])).toEqual(['success', 'failure']);
    expect(services.hub.requests).toEqual([]);
  });

  test('fails if it is not allowed to keep its schedule enabled', async ({ services }) => {
    services.github.addEnvironment('production');
    const workflow = readRecipe(RECIPE).replace('actions: write', 'actions: read');
    const played = await services.play(RECIPE, { ...runOf(1), workflow });
    expect(outcomesOf(played.jobs['check'])).toEqual(['failure', 'skipped']);
    expect(services.hub.requests).toEqual([]);
  });
});
