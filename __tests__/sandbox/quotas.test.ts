import { describe, expect, test } from 'vitest';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { leastTime, PUBLISHED, SlidingWindows } from '../../sandbox/insights-hub/quotas.ts';
import { agents, assets, type Calls, certificates, startHub } from './calls.ts';

const pairs = await makePairs(1);

describe('a sliding window', () => {
  const at = (windows: readonly { readonly count: number; readonly seconds: number }[]) => {
    let now = 0;
    const take = (options: object) => {
      const counter = new SlidingWindows(windows, { ...options, now: () => now });
      return (seconds: number) => {
        now = seconds * 1000;
        return counter.take();
      };
    };
    return take;
  };

  test('limits the requests within any number of seconds', () => {
    const take = at([{ count: 2, seconds: 10 }])({ countsRefused: false });
    expect([take(0), take(6), take(7), take(9.5)]).toEqual([undefined, undefined, 3, 1]);
    expect([take(10), take(11), take(16), take(16)]).toEqual([undefined, 5, undefined, 4]);
  });

  test('counts rejected requests as well, so that only waiting helps', () => {
    const take = at([{ count: 1, seconds: 10 }])({});
    expect([take(0), take(9), take(18), take(27)]).toEqual([undefined, 10, 10, 10]);
    expect(take(37)).toBeUndefined();
  });

  test('never asks to wait a second more than the window, at any fraction of a millisecond', () => {
    const now = 3049.99156;
    // The sum has no exact binary representation: taking the time off it again leaves a bit more.
    expect(now + 30_000 - now).toBeGreaterThan(30_000);
    const counter = new SlidingWindows([{ count: 1, seconds: 30 }], { now: () => now });
    expect([counter.take(), counter.take()]).toEqual([undefined, 30]);
  });

  test('has room only when all windows have', () => {
    const take = at([
      { count: 2, seconds: 10 },
      { count: 3, seconds: 60 },
    ])({ countsRefused: false });
    expect([take(0), take(0), take(1)]).toEqual([undefined, undefined, 9]);
    expect([take(10), take(21), take(60)]).toEqual([undefined, 39, undefined]);
  });

  test('takes a known time for a number of requests', () => {
    const windows = [
      { count: 10, seconds: 30 },
      { count: 40, seconds: 180 },
    ];
    expect([0, 1, 10, 11, 40, 41].map((requests) => leastTime(requests, windows))).toEqual([
      0, 0, 0, 30, 90, 180,
    ]);
  });
});

/** The statuses of so many requests in turn. */
async function statuses(calls: Calls, path: string, count: number, method = 'GET') {
  const all: number[] = [];
  for (let index = 0; index < count; index++) {
    const response = await calls.send(path, { method });
    await response.text();
    all.push(response.status);
  }
  return all;
}

describe('the quotas of a tenant', () => {
  test('are off by default', async () => {
    const { calls } = await startHub({ pairs });
    expect(await statuses(calls, certificates, 60)).not.toContain(429);
    expect(PUBLISHED.off).toEqual({});
  });

  test('respond with 429 and the text of the gateway, and say how long to wait', async () => {
    const { hub, calls } = await startHub({ pairs, quota: 'xxs' });
    expect((await calls.create('a')).status).toBe(201);
    const refused = await calls.send(certificates, { method: 'POST', body: '{"name":"b"}' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBe(30);
    expect(await refused.json()).toEqual({ message: 'API rate limit exceeded' });
    expect([...hub.agents.keys()]).toEqual(['mqtt1_a']);
    expect(hub.mostInFlight).toBe(1);
  });

  test('are those that Siemens publishes, each endpoint with its own', async () => {
    const { hub, calls } = await startHub({ pairs, quota: 'xs' });
    await hub.addAgent('a');
    const agent = `${agents}/${hub.agents.get('mqtt1_a')?.id}`;
    const missing = `${certificates}/1`;
    expect(await statuses(calls, certificates, 31)).toEqual([...Array(30).fill(200), 429]);
    expect(await statuses(calls, missing, 31)).toEqual([...Array(30).fill(404), 429]);
    expect(await statuses(calls, missing, 6, 'DELETE')).toEqual([...Array(5).fill(404), 429]);
    // Reading an agent is taken to count as a look-up.
    expect(await statuses(calls, agents, 5)).toEqual(Array(5).fill(200));
    expect(await statuses(calls, agent, 6)).toEqual([...Array(5).fill(200), 429]);
    expect(await statuses(calls, agents, 1)).toEqual([429]);
    expect(await statuses(calls, `${agent}/boarding/status`, 60)).toEqual(Array(60).fill(200));
    expect(await statuses(calls, agent, 11, 'DELETE')).toEqual([...Array(10).fill(400), 429]);
    expect(await statuses(calls, assets, 60)).toEqual(Array(60).fill(200));
    expect(hub.seen('create')).toEqual([]);
  });

  test('can be set freely, and say how long to wait or not', async () => {
    const windows = { create: [{ count: 2, seconds: 3600 }] };
    const { calls } = await startHub({ pairs, quota: { windows, sendsRetryAfter: false } });
    for (const name of ['a', 'b']) expect((await calls.create(name)).status).toBe(201);
    const refused = await calls.send(certificates, { method: 'POST', body: '{"name":"c"}' });
    expect(refused.status).toBe(429);
    expect(refused.headers.has('retry-after')).toBe(false);
    // All else is as for the size that is given, which is none here.
    expect(await statuses(calls, certificates, 60)).not.toContain(429);
    const small = await startHub({ pairs, quota: { size: 'xxs', windows } });
    expect(await statuses(small.calls, certificates, 6)).toEqual([...Array(5).fill(200), 429]);
    for (const name of ['a', 'b']) expect((await small.calls.create(name)).status).toBe(201);
  });

  test('do not count calls without a token or requests for tokens', async () => {
    const { hub, calls } = await startHub({ pairs, quota: 'xxs' });
    for (let times = 0; times < 5; times++) {
      const refused = await calls.call(certificates, { method: 'POST', token: 'unknown' });
      expect(refused.status).toBe(401);
      const token = await fetch(`${hub.origin}/oauth/token`, { method: 'POST' });
      expect(token.status).toBe(401);
    }
    expect((await calls.create('a')).status).toBe(201);
  });
});
