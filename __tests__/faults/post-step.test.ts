import { expect } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { test, warningsOf } from '../action/sandbox.ts';

const status = (code: number, seconds: string): Fault => ({
  kind: 'status',
  status: code,
  headers: { 'retry-after': seconds },
});

const TOO_LONG =
  /\[rate-limited\] .*The service asks to wait 120 s, which is longer than the time limit allows\./;
const ROWS = [
  ['find-agent', { agents: 1, certificates: 0 }, /Not everything of the ephemeral agents/],
  ['delete-agent', { agents: 1, certificates: 0 }, /Not everything of the ephemeral agents/],
  ['delete-certificate', { agents: 0, certificates: 1 }, /Certificate \w+ of agent device001/],
] as const;

test.for(ROWS)(
  'the post step does not start a pause that is longer than its time: %s',
  async ([at, left, what], { start }) => {
    const sandbox = await start();
    const { hub } = sandbox;
    const main = await sandbox.main({ ephemeral: 'true', timeout: '60' });
    hub.faults.push({ at, fault: status(429, '120') });
    const before = hub.seen(at).length;
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([expect.stringMatching(TOO_LONG)]);
    expect(warningsOf(post)[0]).toMatch(what);
    expect(hub.seen(at)).toHaveLength(before + 1);
    expect({ agents: hub.agents.size, certificates: hub.certificates.size }).toEqual(left);
  },
);

test('the post step reports for every agent that its time is too short for a pause', async ({
  start,
}) => {
  const sandbox = await start();
  const { hub } = sandbox;
  // More than it deletes at the same time.
  const inputs = { name: 'a\nb\nc\nd\ne', ephemeral: 'true', timeout: '60' };
  const main = await sandbox.main(inputs);
  hub.faults.push({ at: 'find-agent', fault: status(429, '120') });
  const before = hub.seen('find-agent').length;
  const told = warningsOf(await sandbox.post(main)).join('\n');
  // There is no request for the last one, but its failure is not our timeout.
  expect(hub.seen('find-agent').length - before).toBeLessThan(5);
  expect(told).not.toContain('did not succeed within the time limit');
  expect(told.match(/The service asks to wait 1\d\d s/g)).toHaveLength(5);
});

test('the post step waits if its time is long enough', async ({ start }) => {
  const sandbox = await start();
  const { hub } = sandbox;
  const main = await sandbox.main({ ephemeral: 'true' });
  for (const at of ['find-agent', 'delete-certificate', 'delete-agent'] as const) {
    hub.faults.push({ at, fault: status(429, '1'), times: 1 });
  }
  const post = await sandbox.post(main);
  expect(warningsOf(post)).toEqual([]);
  expect(hub.agents.size + hub.certificates.size).toBe(0);
});
