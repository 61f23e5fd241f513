import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { preload } from '../action/sandbox.ts';
import { effortOf } from './effort.ts';
import { play } from './play.ts';
import { scenario } from './scenario.ts';

/** Lets a process skip its waits between two tries, which would take most of the time. */
const skipWaits = preload(`import promises from 'node:timers/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const { now } = Date;
  let skipped = 0;
  Date.now = () => now() + skipped;
  promises.setTimeout = async (milliseconds) => { skipped += milliseconds; };
  syncBuiltinESMExports();`);

const { runs, parameters, timeout } = effortOf('LEAK_BUNDLE_RUNS', 15, 15_000);

test(
  `no secret is seen in ${runs} steps of the bundles, seed ${parameters.seed}`,
  async () => {
    const pairs = await makePairs(6);
    let played = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        played += 1;
        await play(given, { ...skipWaits, pairs });
      }),
      parameters,
    );
    expect(played).toBeGreaterThan(0);
  },
  timeout,
);
