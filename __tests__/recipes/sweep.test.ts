import { describe, expect } from 'vitest';
import type { WorkflowRun } from '../../sandbox/github/workflows.ts';
import { logOf, outcomesOf, readRecipe, resultsOf, test } from './services.ts';

const RECIPE = 'sweep.yml';
const CREATOR = 'ephemeral-agent.yml';
const NIGHT = { event: { name: 'schedule', payload: {} } };
const DAY = 86_400_000;
const WARNING = 'None of the agents and certificates was found in Insights Hub';

/** A run, by default one that was cancelled an hour ago. */
function runOf(id: number, more: Partial<WorkflowRun> = {}): WorkflowRun {
  const time = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '');
  const ended = { status: 'completed', conclusion: 'cancelled', run_attempt: 1 } as const;
  return { id, ...ended, created_at: time, updated_at: time, ...more };
}

const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString();

describe('the sweep', () => {
  test('deletes the agents of killed runs, and no others', async ({ services }) => {
    const { hub, github } = services;
    // Without `ephemeral`, the recipe leaves its agent, as a killed runner does.
    const workflow = readRecipe(CREATOR).replace(/^ +ephemeral: true\n/m, '');
    const create = async (id: number, attempt = 1) => {
      const run = { run_id: String(id), run_attempt: String(attempt) };
      await services.play(CREATOR, { event: { name: 'push', payload: {} }, workflow, run });
    };
    for (const id of [11, 12, 13, 14]) await create(id);
    await create(15, 2);
    github.workflows.runs.set(CREATOR, [
      runOf(11),
      runOf(12, { status: 'in_progress', conclusion: null }),
      runOf(13, { conclusion: 'success' }),
      runOf(14, { created_at: daysAgo(20), updated_at: daysAgo(4) }),
      runOf(15, { conclusion: 'success', run_attempt: 3, created_at: daysAgo(29) }),
      runOf(16, { conclusion: 'failure' }),
    ]);

    const swept = await services.play(RECIPE, NIGHT);
    expect(resultsOf(swept)).toEqual({ sweep: 'success' });
    expect(logOf(swept)).toContain('Agents to look for: 5');
    expect(services.clientIds).toEqual(['mqtt1_ci-12-1', 'mqtt1_ci-13-1', 'mqtt1_ci-14-1']);
    expect(logOf(swept).join('\n')).not.toContain(WARNING);
    expect(hub.seen('delete-agent')).toHaveLength(2);
  });

  test('sends nothing to Insights Hub if no run can have left an agent', async ({ services }) => {
    services.github.workflows.runs.set(CREATOR, [runOf(1, { conclusion: 'success' })]);
    const swept = await services.play(RECIPE, NIGHT);
    expect(outcomesOf(swept.jobs['sweep'])).toEqual(['success', 'skipped']);
    expect(services.hub.requests).toEqual([]);
  });

  test('passes with the expected warning if all were already deleted', async ({ services }) => {
    services.github.workflows.runs.set(CREATOR, [runOf(1), runOf(2)]);
    const swept = await services.play(RECIPE, NIGHT);
    expect(resultsOf(swept)).toEqual({ sweep: 'success' });
    expect(logOf(swept).join('\n')).toContain(WARNING);
  });

  test('finds several agents of a run, and those of several workflows', async ({ services }) => {
    const { workflows } = services.github;
    workflows.runs.set(CREATOR, [runOf(1)]);
    workflows.runs.set('other.yml', [runOf(2), runOf(3)]);
    const line = 'ephemeral-agent.yml ci-RUN-ATTEMPT';
    const lines = [line, `${line}-service`, 'other.yml ci-RUN-ATTEMPT'];
    const workflow = readRecipe(RECIPE).replace(line, lines.join(`\n${' '.repeat(12)}`));
    const swept = await services.play(RECIPE, { ...NIGHT, workflow });
    const log = logOf(swept).join('\n');
    expect(log).toContain('Agents to look for: 4');
    for (const name of ['ci-1-1', 'ci-1-1-service', 'ci-2-1', 'ci-3-1']) {
      expect(log).toContain(`mqtt1_${name}`);
    }
  });

  test('reads all pages', async ({ services }) => {
    const runs = Array.from({ length: 101 }, (_, index) =>
      runOf(index + 1, { conclusion: index === 0 ? 'failure' : 'success' }),
    );
    services.github.workflows.runs.set(CREATOR, runs);
    const swept = await services.play(RECIPE, NIGHT);
    expect(logOf(swept)).toContain('Agents to look for: 1');
  });

  test('fails if GitHub refuses, or if the workflow does not exist', async ({ services }) => {
    const missing = await services.play(RECIPE, NIGHT);
    expect(resultsOf(missing)).toEqual({ sweep: 'failure' });
    services.github.workflows.runs.set(CREATOR, []);
    const workflow = readRecipe(RECIPE).replace('actions: read', 'contents: read');
    const refused = await services.play(RECIPE, { ...NIGHT, workflow });
    expect(resultsOf(refused)).toEqual({ sweep: 'failure' });
    expect(services.hub.requests).toEqual([]);
  });
});
