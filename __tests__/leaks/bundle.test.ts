import fc from 'fast-check';
import { test } from 'vitest';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { preload } from '../action/sandbox.ts';
import { effortOf, tryOut } from './effort.ts';
import { play } from './play.ts';
import { scenario } from './scenario.ts';

/** Makes a process skip its waits between tries, which would take most of the time. */
const skipWaits = preload(`import promises from 'node:timers/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const { now } = Date;
  let skipped = 0;
  Date.now = () => now() + skipped;
  promises.setTimeout = async (milliseconds) => { skipped += milliseconds; };
  syncBuiltinESMExports();`);

const effort = effortOf('LEAK_BUNDLE_RUNS', 15, 15_000);

test(
  'no secret is visible, and no line from a server is a command',
  async () => {
    const pairs = await makePairs(6);
    await tryOut(
      fc.asyncProperty(scenario, (given) => play(given, { ...skipWaits, pairs })),
      effort,
    );
  },
  effort.timeout,
);
