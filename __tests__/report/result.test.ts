import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { allFailed, type CertificateResult, stepFailure } from '../../src/report/result.ts';
import { failed } from './agents.ts';

test('a failure that affects all is the result of each agent in the list', () => {
  const failure = new Failure('forbidden', 'No.');
  const ids = { clientId: 'mqtt1_b' };
  const requests = [
    { name: 'a', passphrase: 'not for results' },
    { name: 'b', ids },
  ];
  expect(allFailed(requests, failure)).toEqual([
    { name: 'a', state: 'failed', failure },
    { name: 'b', ids, state: 'failed', failure },
  ]);
});

describe('the failure of a step', () => {
  const call = { method: 'POST', url: new URL('https://hub.invalid/'), status: 409 };
  const exists = new Failure('agent-exists', 'It is there.', { call });
  const unknown = new Failure('outcome-unknown', 'Who knows.');
  const done = (name: string) => ({ name, state: 'created' }) as const;
  const running = { cancelled: false };

  test('is nothing when no agent failed, cancelled or not', () => {
    const results = [done('a'), { name: 'b', state: 'absent' } as const];
    expect(stepFailure(results, running)).toBeUndefined();
    expect(stepFailure(results, { cancelled: true })).toBeUndefined();
    expect(stepFailure([], running)).toBeUndefined();
  });

  test('is the only agent’s, or the one that affects all', () => {
    expect(stepFailure([failed('a', exists)], running)).toBe(exists);
    expect(stepFailure([failed('a', exists), failed('b', exists)], running)).toBe(exists);
  });

  test('lists every failed agent, and how it failed, under the first code', () => {
    const results = [done('a'), failed('b', exists), done('c'), failed('d', unknown)];
    const failure = stepFailure(results, running);
    expect(failure).toMatchObject({ code: 'agent-exists', cause: exists });
    expect(failure?.call).toBe(call);
    expect(failure?.message).toBe(
      '2 of 4 agents failed. b: [agent-exists] It is there. d: [outcome-unknown] Who knows.',
    );
  });

  test('names the only failed one of several', () => {
    const failure = stepFailure([done('a'), failed('b', exists)], running);
    expect(failure?.message).toBe('1 of 2 agents failed. b: [agent-exists] It is there.');
  });

  test('distinguishes two failures with the same message', () => {
    const again = new Failure('agent-exists', 'It is there.');
    const failure = stepFailure([failed('a', exists), failed('b', again)], running);
    expect(failure?.message).toMatch(/^2 of 2 agents failed\. a: .* b: /);
  });

  test('shows ten of many in full, and the others by code, unclear outcomes first', () => {
    const results = Array.from({ length: 14 }, (_, n) =>
      failed(`a${n}`, n === 12 ? unknown : exists),
    );
    const failure = stepFailure([...results, done('b')], running);
    expect(failure?.message).toMatch(
      /^14 of 15 agents failed\. a0: .* a9: \[agent-exists\] It is there\. And \[outcome-unknown\]: a12\. And \[agent-exists\]: a10, a11, a13\.$/,
    );
  });

  test('of a fleet fits into an annotation, and says how many names it leaves out', () => {
    const results = Array.from({ length: 1010 }, (_, n) => failed(`device${n}`, exists));
    const message = stepFailure([...results, done('b')], running)?.message ?? '';
    expect(message.length).toBeLessThan(4096);
    const [, names = '', left] =
      /And \[agent-exists\]: (.*) and (\d+) more, which are in the log\.$/.exec(message) ?? [];
    expect(names.split(', ')[0]).toBe('device10');
    expect(names.split(', ').length + Number(left)).toBe(1000);
  });

  test('says where the names are that it leaves out', () => {
    const results = Array.from({ length: 1010 }, (_, n) => failed(`device${n}`, exists));
    const message = stepFailure([...results, done('b')], {
      ...running,
      whole: '`agents`',
    })?.message;
    expect(message).toMatch(/ and \d+ more, which are in `agents`\.$/);
  });

  const certificate = (certificateId: string, failure?: Failure): CertificateResult =>
    failure ? { certificateId, state: 'failed', failure } : { certificateId, state: 'deleted' };

  test('counts and lists certificates beside agents', () => {
    const certificates = [certificate('c1', unknown), certificate('c2')];
    const some = stepFailure([done('a'), failed('b', exists)], { ...running, certificates });
    expect(some?.message).toBe(
      '1 of 2 agents and 1 of 2 certificates failed. b: [agent-exists] It is there. certificate c1: [outcome-unknown] Who knows.',
    );
    const only = stepFailure([done('a')], { ...running, certificates });
    expect(only).toMatchObject({ code: 'outcome-unknown', cause: unknown });
    expect(only?.message).toBe(
      '1 of 2 certificates failed. certificate c1: [outcome-unknown] Who knows.',
    );
    const agents = stepFailure([done('a'), failed('b', exists)], {
      ...running,
      certificates: [certificate('c2')],
    });
    expect(agents?.message).toMatch(/^1 of 2 agents failed\. b: /);
  });

  test('is the one that affects all agents and certificates', () => {
    const hit = { ...running, certificates: [certificate('c1', exists)] };
    expect(stepFailure([failed('a', exists)], hit)).toBe(exists);
    expect(stepFailure([], hit)).toBe(exists);
    expect(stepFailure([done('a')], hit)?.message).toMatch(/^1 of 1 certificates failed/);
    expect(stepFailure([], { ...running, certificates: [certificate('c1')] })).toBeUndefined();
  });

  test('of a cancelled job is cancelled, and still says what happened to each', () => {
    const failure = stepFailure([done('a'), failed('b', unknown)], { cancelled: true });
    expect(failure).toMatchObject({ code: 'cancelled', cause: unknown });
    expect(failure?.message).toBe(
      'The job was cancelled before everything was done. b: [outcome-unknown] Who knows.',
    );
  });

  test('of a cancelled job in which nothing started is just that', () => {
    const cancelled = new Failure('cancelled', 'The job was cancelled.');
    expect(stepFailure([failed('a', cancelled)], { cancelled: true })).toBe(cancelled);
  });
});
