import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  CertificateAuthority,
  type IssuedPair,
  ServerAuthority,
  selfSignedServer,
} from '../../sandbox/insights-hub/authority.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { codeOf, errorOf, expectTold, test, warningsOf } from '../action/sandbox.ts';
import { TestProxy } from '../proxy.ts';
import { whatIsLeft } from './books.ts';
import { faultOf } from './faults.ts';
import { type Others, play, requestsOf } from './play.ts';
import type { Section } from './row.ts';
import { scenarios } from './scenarios.ts';

/** Signing keys for all the hubs of a test file: making one takes longer than a run. */
const pairs = makePairs(4);

/** Of the servers that issue nothing. */
const authority = CertificateAuthority.create();

/** In milliseconds. */
const DAY = 24 * 3600_000;

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
      // If a certificate still exists, only a 404 could make the action believe otherwise.
      if (scenarios[endpoint].action === 'delete' && sandbox.hub.certificates.size > 0) {
        const told = [...warningsOf(result), errorOf(result)].join('\n');
        if (trial.fault !== 404 || endpoint === 'list-to-delete')
          expect(told).toMatch(/certificate/i);
      }
      // Half-written files and rehearsals are deleted in any case.
      expect((await sandbox.files()).filter((name) => /\.(tmp|probe)$/.test(name))).toEqual([]);
    });
  });
}

/** Starts servers that must get no request in any trial. Returns a function that returns them. */
function startOthers(): () => Others {
  let others: Others | undefined;
  const stops: (() => Promise<unknown>)[] = [];
  const startHub = async (tls?: IssuedPair) => {
    const hub = await InsightsHub.start({ authority: await authority, ...(tls && { tls }) });
    stops.push(async () => {
      expect(hub.requests).toEqual([]);
      await hub.stop();
    });
    return hub.origin;
  };
  const startProxy = async (refuse: number) => {
    const proxy = await TestProxy.start({ refuse });
    stops.push(() => proxy.stop());
    return `http://user:password@${proxy.host}`;
  };
  beforeAll(async () => {
    const root = await ServerAuthority.create();
    const names = ['127.0.0.1'];
    const yesterday = new Date(Date.now() - DAY);
    const tomorrow = new Date(Date.now() + DAY);
    const later = new Date(Date.now() + 2 * DAY);
    const directory = await mkdtemp(path.join(tmpdir(), 'faults-'));
    stops.push(() => rm(directory, { recursive: true }));
    others = {
      elsewhere: await startHub(),
      tls: {
        untrusted: await startHub(await selfSignedServer(names)),
        expired: await startHub(await root.issueServer({ names, notAfter: yesterday })),
        early: await startHub(
          await root.issueServer({ names, notBefore: tomorrow, notAfter: later }),
        ),
        'other-host': await startHub(await root.issueServer({ names: ['elsewhere.invalid'] })),
      },
      authority: path.join(directory, 'ca.pem'),
      proxies: { 403: await startProxy(403), 407: await startProxy(407) },
    };
    await writeFile(others.authority, root.certificate);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });
  return () => {
    if (others === undefined) throw new Error('the servers are not there yet');
    return others;
  };
}
