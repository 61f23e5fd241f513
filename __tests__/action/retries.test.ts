import { describe, expect } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  LONG_TIMERS,
  preload,
  readyPairs,
  test,
  UNLIMITED,
} from './sandbox.ts';

const status = (code: number, headers?: Readonly<Record<string, string>>): Fault => ({
  kind: 'status',
  status: code,
  ...(headers && { headers }),
});

describe.concurrent('the create request is retried after', () => {
  test('a 401, once and with a fresh token', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: status(401), times: 1 });
    const result = await sandbox.main();
    expect(result.exitCode).toBe(0);
    const [first, second] = sandbox.hub.seen('create');
    expect(sandbox.hub.seen('token')).toHaveLength(2);
    expect(second?.headers.authorization).not.toBe(first?.headers.authorization);
  });

  test('but not after a 401 with a token that was given', async ({ start }) => {
    const sandbox = await start();
    const inputs = sandbox.tokenInputs;
    sandbox.hub.tokens.clear();
    const result = await sandbox.main(inputs);
    expect(codeOf(result)).toBe('unauthorized');
    expect(sandbox.hub.requests).toHaveLength(1);
  });
});

test.for(['', 'soon', '-1'])(
  'a create is not retried after a 503 whose Retry-After (%j) is meaningless',
  async (value, { start }) => {
    const sandbox = await start();
    const fault = { kind: 'status-after', status: 503, headers: { 'retry-after': value } } as const;
    sandbox.hub.faults.push({ at: 'create', fault });
    expect(codeOf(await sandbox.main())).toBe('outcome-unknown');
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  },
);

test('Retry-After is waited for', async ({ start }) => {
  const sandbox = await start();
  sandbox.hub.faults.push({ at: 'token', fault: status(503, { 'retry-after': '2' }), times: 1 });
  const started = performance.now();
  const result = await sandbox.main();
  expect(result.exitCode).toBe(0);
  expect(performance.now() - started).toBeGreaterThan(2000);
});

describe.concurrent('a create that Insights Hub asks to postpone', () => {
  test('uses up no tries', async ({ start }) => {
    const sandbox = await start();
    const { faults } = sandbox.hub;
    // More often than a call is tried. The first ones are for a 503, which says the same.
    faults.push({ at: 'create', fault: status(503, { 'retry-after': '1' }), times: 2 });
    faults.push({ at: 'create', fault: status(403, { 'retry-after': '1' }), times: 1 });
    faults.push({ at: 'create', fault: status(429, { 'retry-after': '1' }), times: 3 });
    const result = await sandbox.main(UNLIMITED);
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.seen('create')).toHaveLength(7);
    expect(sandbox.hub.seen('find-agent')).toEqual([]);
  });

  test.for([
    [429, 'rate-limited'],
    [403, 'rate-limited'],
    [503, 'unavailable'],
  ] as const)(
    'is abandoned when the wait (%d) would be longer than ten minutes',
    async ([code, failure], { start }) => {
      const sandbox = await start();
      sandbox.hub.faults.push({ at: 'create', fault: status(code, { 'retry-after': '3600' }) });
      const result = await sandbox.main({ timeout: '3000' });
      expect(codeOf(result)).toBe(failure);
      expect(errorOf(result)).toMatch(
        new RegExp(`asks to wait 3600 s, but a step waits at most 10 minutes\\. \\(HTTP ${code}`),
      );
      expect(sandbox.hub.seen('create')).toHaveLength(1);
      expect(sandbox.hub.agents.size).toBe(0);
    },
  );
});

describe.concurrent('the time limit', () => {
  test('stops a token request that is not answered', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'token', fault: { kind: 'silence' } });
    const result = await sandbox.main({ timeout: '1' });
    expect(codeOf(result)).toBe('timeout');
    expect(errorOf(result)).toMatch(
      /within the time limit of 1 s\. Last failure: .*stopped before an answer/,
    );
    expect(sandbox.hub.seen('create')).toHaveLength(0);
  });

  test('does not start a wait that is longer, and says until when it is', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: status(408, { 'retry-after': '3600' }) });
    // A try that can't be made any more is not waited for: the runner would have killed the step.
    const result = await sandbox.main({ timeout: '3000' });
    expect(codeOf(result)).toBe('rate-limited');
    expect(errorOf(result)).toMatch(
      /asks to wait (3599|3600) s, which is longer than the time limit allows\. Try again after 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\. .*HTTP 408/,
    );
    expect(sandbox.hub.seen('create')).toHaveLength(1);
    expect(sandbox.hub.agents.size).toBe(0);
  });

  test.for([
    [
      429,
      'rate-limited',
      /asks to wait (3599|3600) s, which is longer than the time limit allows.*HTTP 429/,
    ],
    [
      403,
      'rate-limited',
      /asks to wait (3599|3600) s, which is longer than the time limit allows.*HTTP 403/,
    ],
    [
      503,
      'rate-limited',
      /asks to wait (3599|3600) s, which is longer than the time limit allows.*HTTP 503/,
    ],
  ] as const)(
    'stops waiting for a token service that asks to (%d)',
    async ([code, failure, says], { start }) => {
      const sandbox = await start();
      sandbox.hub.faults.push({ at: 'token', fault: status(code, { 'retry-after': '3600' }) });
      const result = await sandbox.main({ timeout: '3000' });
      expect(codeOf(result)).toBe(failure);
      expect(errorOf(result)).toMatch(says);
      expect(sandbox.hub.seen('token')).toHaveLength(1);
      expect(sandbox.hub.seen('create')).toEqual([]);
    },
  );

  test('does not count the wait that Insights Hub asks for', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: status(429, { 'retry-after': '6' }), times: 1 });
    const result = await sandbox.main({ timeout: '5' });
    expect(result.exitCode).toBe(0);
    expect(sandbox.hub.seen('create')).toHaveLength(2);
  });

  test('leaves a create unsent that could not be finished in it', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'token', fault: { kind: 'delay', milliseconds: 850 } });
    const result = await sandbox.main({ name: 'a\nb', timeout: '1' });
    expect(codeOf(result)).toBe('timeout');
    expect(sandbox.hub.seen('create')).toEqual([]);
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', code: 'timeout' },
      { name: 'b', code: 'timeout' },
    ]);
  });

  test('is not used up when a destination can take nothing', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'token', fault: { kind: 'silence' } });
    const result = await sandbox.main(
      { 'output-directory': process.execPath },
      preload(LONG_TIMERS),
    );
    expect(codeOf(result)).toBe('destination-invalid');
  });

  test('applies to each agent', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'silence' }, times: 1 });
    const result = await sandbox.main({ name: 'a\nb', concurrency: '1', timeout: '4' });
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', code: 'outcome-unknown' },
      { name: 'b', clientId: 'mqtt1_b' },
    ]);
  });
});
