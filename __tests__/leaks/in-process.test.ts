import * as core from '@actions/core';
import fc from 'fast-check';
import { test, vi } from 'vitest';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { effortOf, tryOut } from './effort.ts';
import { type RunEntry, stageInProcess } from './in-process.ts';
import { play } from './play.ts';
import { scenario } from './scenario.ts';

/** What the entries handed over to be run, in the order of their imports. */
const handedOver = vi.hoisted((): (() => Promise<void>)[] => []);

vi.mock('../../src/runner/step.ts', async (original) => {
  const actual = await original<{ runStep: RunEntry; runPostStep: RunEntry }>();
  const keep = (run: RunEntry): RunEntry => {
    return async (work) => void handedOver.push(() => run(work));
  };
  return { runStep: keep(actual.runStep), runPostStep: keep(actual.runPostStep) };
});
vi.mock('../../src/http/clock.ts', async () => {
  const { skippingClock } = await import('./in-process.ts');
  return { systemClock: skippingClock() };
});
vi.mock('@actions/core', async (original) => {
  const { watchToolkit } = await import('./in-process.ts');
  return watchToolkit(await original());
});
vi.mock('node:fs/promises', async (original) => {
  const { watchFiles } = await import('./in-process.ts');
  return watchFiles(await original());
});

const effort = effortOf('LEAK_RUNS', 300, 1_000);

test(
  'no secret is seen, and no line of a server is a command',
  async () => {
    await import('../../src/create/main.ts');
    await import('../../src/create/post.ts');
    await import('../../src/delete/main.ts');
    const [create, post, end] = handedOver;
    if (create === undefined || post === undefined || end === undefined) {
      throw new Error('an entry did not run');
    }
    const stage = stageInProcess(core, { create, 'create-post': post, delete: end });
    const pairs = await makePairs(6);
    await tryOut(
      fc.asyncProperty(scenario, (given) => play(given, { ...stage, pairs })),
      effort,
    );
  },
  effort.timeout,
);
