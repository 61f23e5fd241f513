import fc from 'fast-check';
import { test, vi } from 'vitest';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { cleanUp, create, deleteEntry } from '../../src/index.ts';
import { effortOf, tryOut } from './effort.ts';
import { stageInProcess } from './in-process.ts';
import { play } from './play.ts';
import { scenario } from './scenario.ts';

vi.mock('../../src/http/clock.ts', async () => {
  const { skippingClock } = await import('./in-process.ts');
  return { systemClock: skippingClock() };
});
vi.mock('../../node_modules/@actions/core/lib/command.js', async (original) => {
  const { watchCommands } = await import('./in-process.ts');
  return watchCommands(await original());
});
vi.mock('../../node_modules/@actions/core/lib/summary.js', async (original) => {
  const { watchSummary } = await import('./in-process.ts');
  return watchSummary(await original());
});
vi.mock('node:fs', async (original) => {
  const { watchFiles } = await import('./in-process.ts');
  return watchFiles(await original());
});

const effort = effortOf('LEAK_RUNS', 300, 1_000);

test(
  'no secret is visible, and no line from a server is a command',
  async () => {
    const stage = stageInProcess({ create, 'create-post': cleanUp, delete: deleteEntry });
    const pairs = await makePairs(6);
    await tryOut(
      fc.asyncProperty(scenario, (given) => play(given, { ...stage, pairs })),
      effort,
    );
  },
  effort.timeout,
);
