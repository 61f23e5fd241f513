import { describe, expect, test } from 'vitest';
import { paceOf } from '../../src/http/pace.ts';

/** A clock that stands still, but for sleepers, who move it on. */
function start() {
  let now = 0;
  const clock = {
    now: () => now,
    random: () => 0,
    sleep: async (milliseconds: number) => {
      const end = now + milliseconds;
      await Promise.resolve();
      now = Math.max(now, end);
    },
  };
  const { signal } = new AbortController();
  const limit = (remaining: number, over: AbortSignal = signal) => ({
    signal: over,
    graceSignal: over,
    remaining: () => remaining,
  });
  return {
    pace: paceOf(clock),
    limit,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a pace', () => {
  test('is full speed at first', async () => {
    const { pace, limit, now } = start();
    for (let times = 0; times < 100; times++) expect(await pace.turn(limit(1), 0)).toBe(true);
    expect(now()).toBe(0);
  });

  test('makes everybody wait when the service asks for it', async () => {
    const { pace, limit, now } = start();
    pace.slowDown(2000);
    const turns = [1, 2, 3].map(() => pace.turn(limit(10_000), 0));
    expect(await Promise.all(turns)).toEqual([true, true, true]);
    expect(now()).toBe(2050);
  });

  test('takes what is refused together for one wish', async () => {
    const { pace, limit, now } = start();
    for (let times = 0; times < 32; times++) pace.slowDown(1000);
    await pace.turn(limit(10_000), 0);
    await pace.turn(limit(10_000), 0);
    expect(now()).toBe(1025);
  });

  test('gets slower when it is asked again, and fast again in the end', async () => {
    const { pace, limit, now, pass } = start();
    pace.slowDown(1000);
    pass(1000);
    pace.slowDown(1000);
    await pace.turn(limit(10_000), 0);
    const before = now();
    await pace.turn(limit(10_000), 0);
    expect(now() - before).toBe(50);
    for (let times = 0; times < 100; times++) pace.speedUp();
    await pace.turn(limit(10_000), 0);
    const after = now();
    for (let times = 0; times < 10; times++) await pace.turn(limit(10_000), 0);
    expect(now()).toBe(after);
  });

  test('gives up at once what would come too late', async () => {
    const { pace, limit, now } = start();
    pace.slowDown(5000);
    expect(await pace.turn(limit(5000), 0)).toBe(false);
    expect(await pace.turn(limit(6000), 1000)).toBe(false);
    expect(now()).toBe(0);
    expect(await pace.turn(limit(6000), 0)).toBe(true);
  });

  test('ends with the job', async () => {
    const { pace, limit } = start();
    pace.slowDown(5000);
    expect(await pace.turn(limit(10_000, AbortSignal.abort()), 0)).toBe(false);
  });

  test('is never slower than one request a second', async () => {
    const { pace, limit, now, pass } = start();
    for (let times = 0; times < 10; times++) {
      pace.slowDown(1);
      pass(1);
    }
    await pace.turn(limit(10_000), 0);
    const before = now();
    await pace.turn(limit(10_000), 0);
    expect(now() - before).toBe(1000);
  });

  test('is full speed as long as the service only answers', async () => {
    const { pace, limit, now } = start();
    pace.speedUp();
    for (let times = 0; times < 3; times++) await pace.turn(limit(10_000), 0);
    expect(now()).toBe(0);
  });

  test('gets a twentieth faster with each answer, and then there is no gap', async () => {
    const { pace, limit, now, pass } = start();
    pace.slowDown(1);
    pass(1);
    const gap = async () => {
      await pace.turn(limit(10_000), 0);
      const before = now();
      await pace.turn(limit(10_000), 0);
      return now() - before;
    };
    expect(await gap()).toBe(25);
    pace.speedUp();
    expect(await gap()).toBeCloseTo(25 * 0.95);
    // 25 · 0.95 ^ 49 is just above 2 ms.
    for (let times = 1; times < 49; times++) pace.speedUp();
    expect(await gap()).toBeCloseTo(25 * 0.95 ** 49);
    pace.speedUp();
    pass(100);
    expect(await gap()).toBe(0);
  });

  test('waits once more when the service asks for more time meanwhile', async () => {
    const { pace, limit, now } = start();
    pace.slowDown(1000);
    const turn = pace.turn(limit(10_000), 0);
    pace.slowDown(3000);
    expect(await turn).toBe(true);
    expect(now()).toBe(3000);
  });

  test('does not wait less because a later wish is shorter', async () => {
    const { pace, limit, now } = start();
    pace.slowDown(3000);
    pace.slowDown(1000);
    await pace.turn(limit(10_000), 0);
    expect(now()).toBe(3000);
  });
});
