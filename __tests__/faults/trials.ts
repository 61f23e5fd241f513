import { afterAll, beforeAll, describe, expect } from 'vitest';
import { selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { codeOf, errorOf, expectTold, test, warningsOf } from '../action/sandbox.ts';
import { whatIsLeft } from './books.ts';
import { faultOf } from './faults.ts';
import { play, requestsOf } from './play.ts';
import type { Section } from './row.ts';
import { scenarios } from './scenarios.ts';

/** Signing keys for all the hubs of a test file: making one takes longer than a run. */
const pairs = makePairs(4);

/** Runs the bundle through every row of some sections, and checks every column. */
export function testSections(sections: readonly Section[]): void {
  const others = startOthers();
  describe.concurrent.each(sections)('$title', ({ endpoint, rows }) => {
    const trials = rows.flatMap(([faults, times, ends, requests, left]) =>
      faults.map((fault) => ({
        phrase: faultOf(fault).phrase,
        trial: { endpoint, fault, times },
        expected: { ends, requests, left },
      })),
    );
    test.for(trials)('$phrase ($trial.times)', async ({ trial, expected }, { start }) => {
      const sandbox = await start({ pairs: await pairs });
      const played = await play(trial, sandbox, others());
      const { result } = played;
      const { arrived, kept } = requestsOf(played, endpoint);
      expect({
        ends: codeOf(result) ?? 'success',
        requests: arrived + kept,
        left: await whatIsLeft(played),
      }).toEqual(expected);
      expect(result.exitCode).toBe(expected.ends === 'success' ? 0 : 1);
      if (faultOf(trial.fault).way.by === 'address') expect(arrived).toBe(0);
      expectTold(sandbox, result);
      // Of a certificate that is still there, only a 404 could make the action believe otherwise.
      if (scenarios[endpoint].action === 'delete' && sandbox.hub.certificates.size > 0) {
        const told = [...warningsOf(result), errorOf(result)].join('\n');
        if (trial.fault !== 404 || endpoint === 'list-to-delete')
          expect(told).toMatch(/certificate/i);
      }
      // Half-written files and trials are gone, whatever happened.
      expect((await sandbox.files()).filter((name) => /\.(tmp|probe)$/.test(name))).toEqual([]);
    });
  });
}

/** Servers that get no request in any of the trials; gives them once they are there. */
function startOthers() {
  let untrusted: InsightsHub | undefined;
  let elsewhere: InsightsHub | undefined;
  beforeAll(async () => {
    untrusted = await InsightsHub.start({ tls: await selfSignedServer(['127.0.0.1']) });
    elsewhere = await InsightsHub.start();
  });
  afterAll(async () => {
    for (const server of [untrusted, elsewhere]) {
      expect(server?.requests).toEqual([]);
      await server?.stop();
    }
  });
  return () => ({ untrusted: untrusted?.origin ?? '', elsewhere: elsewhere?.origin ?? '' });
}
