import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { allWithin, TimeLimit } from '../../src/http/time-limit.ts';

describe('a time limit', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start(seconds: number, spent?: number) {
    const cancelled = new AbortController();
    const graceOver = new AbortController();
    const interruption = { cancelled: cancelled.signal, graceOver: graceOver.signal };
    return { limit: new TimeLimit(seconds, interruption, spent), cancelled, graceOver };
  }
  const aborted = ({ signal, graceSignal }: Pick<TimeLimit, 'signal' | 'graceSignal'>) => [
    signal.aborted,
    graceSignal.aborted,
  ];

  test('stops everything when its seconds are over, and not before', () => {
    const { limit } = start(10);
    expect(limit.seconds).toBe(10);
    vi.advanceTimersByTime(9_999);
    expect(aborted(limit)).toEqual([false, false]);
    expect(limit.remaining()).toBeCloseTo(1);
    vi.advanceTimersByTime(1);
    expect(aborted(limit)).toEqual([true, true]);
    expect(limit.remaining()).toBeLessThanOrEqual(0);
    expect(limit.cancelled).toBe(false);
  });

  test('counts time that is already spent, and still reports the whole', () => {
    const { limit } = start(10, 7_500);
    expect(limit.remaining()).toBeCloseTo(2_500);
    expect(limit.seconds).toBe(10);
    vi.advanceTimersByTime(2_499);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.aborted).toBe(true);
  });

  test('has nothing left if more was spent than there is', () => {
    const { limit } = start(10, 60_000);
    expect(limit.remaining()).toBeLessThanOrEqual(0);
    vi.advanceTimersByTime(1);
    expect(aborted(limit)).toEqual([true, true]);
  });

  test('stops waiting immediately in a cancelled job, and work in progress after the grace period', () => {
    const { limit, cancelled, graceOver } = start(10);
    cancelled.abort();
    expect(aborted(limit)).toEqual([true, false]);
    expect(limit.cancelled).toBe(true);
    graceOver.abort();
    expect(aborted(limit)).toEqual([true, true]);
  });

  test('also stops work in its grace period when the time is over', () => {
    const { limit, cancelled } = start(10);
    cancelled.abort();
    vi.advanceTimersByTime(10_000);
    expect(limit.graceSignal.aborted).toBe(true);
  });

  test('starts stopped in a job that was already cancelled', () => {
    const [over, notOver] = [AbortSignal.abort(), new AbortController().signal];
    const inGrace = new TimeLimit(10, { cancelled: over, graceOver: notOver });
    expect([...aborted(inGrace), inGrace.cancelled]).toEqual([true, false, true]);
    const after = new TimeLimit(10, { cancelled: over, graceOver: over });
    expect(aborted(after)).toEqual([true, true]);
  });

  test('leaves nothing behind when it is ended', () => {
    const { limit, cancelled, graceOver } = start(10);
    expect(vi.getTimerCount()).toBe(1);
    limit.end();
    expect(vi.getTimerCount()).toBe(0);
    for (const { signal } of [cancelled, graceOver]) {
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
    expect(aborted(limit)).toEqual([true, true]);
  });

  test('lets work that finishes continue in a cancelled job, until its grace period is over', () => {
    const { limit, cancelled, graceOver } = start(10);
    const { finishing } = limit;
    expect(finishing.seconds).toBe(10);
    vi.advanceTimersByTime(4_000);
    expect(finishing.remaining()).toBeCloseTo(6_000);
    expect(finishing.cancelled).toBe(false);
    cancelled.abort();
    expect(aborted(finishing)).toEqual([false, false]);
    graceOver.abort();
    expect(aborted(finishing)).toEqual([true, true]);
    // What ends then was cancelled, and not too slow.
    expect(finishing.cancelled).toBe(true);
  });

  describe('that is paused', () => {
    test('does not end, and continues afterwards with the time that was left', () => {
      const { limit } = start(10);
      vi.advanceTimersByTime(4_000);
      const resume = limit.pause();
      vi.advanceTimersByTime(60_000);
      expect(aborted(limit)).toEqual([false, false]);
      expect(limit.remaining()).toBe(Number.POSITIVE_INFINITY);
      expect(vi.getTimerCount()).toBe(0);
      resume();
      expect(limit.remaining()).toBeCloseTo(6_000);
      vi.advanceTimersByTime(5_999);
      expect(aborted(limit)).toEqual([false, false]);
      vi.advanceTimersByTime(1);
      expect(aborted(limit)).toEqual([true, true]);
      expect(limit.seconds).toBe(10);
    });

    test('stays paused while work is finished in a cancelled job', () => {
      const { limit, cancelled } = start(10);
      cancelled.abort();
      const { finishing } = limit;
      const resume = finishing.pause();
      vi.advanceTimersByTime(60_000);
      expect(aborted(finishing)).toEqual([false, false]);
      resume();
      expect(finishing.remaining()).toBeCloseTo(10_000);
      vi.advanceTimersByTime(10_000);
      expect(aborted(finishing)).toEqual([true, true]);
    });

    test('several times in parallel continues when the last pause ends', () => {
      const { limit } = start(10);
      const first = limit.pause();
      vi.advanceTimersByTime(1_000);
      const second = limit.pause();
      first();
      // Once is enough.
      first();
      vi.advanceTimersByTime(60_000);
      expect(limit.signal.aborted).toBe(false);
      second();
      expect(limit.remaining()).toBeCloseTo(10_000);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(9_999);
      expect(limit.signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(limit.signal.aborted).toBe(true);
    });

    test('may be ended, and leaves nothing behind', () => {
      const { limit, cancelled, graceOver } = start(10);
      const resume = limit.pause();
      limit.end();
      expect(aborted(limit)).toEqual([true, true]);
      resume();
      expect(vi.getTimerCount()).toBe(0);
      for (const { signal } of [cancelled, graceOver]) {
        expect(getEventListeners(signal, 'abort')).toEqual([]);
      }
    });

    test('stops waiting in a cancelled job, and its time stops the rest', () => {
      const { limit, cancelled } = start(10);
      const resume = limit.pause();
      cancelled.abort();
      expect(aborted(limit)).toEqual([true, false]);
      vi.advanceTimersByTime(60_000);
      expect(aborted(limit)).toEqual([true, false]);
      resume();
      vi.advanceTimersByTime(10_000);
      expect(aborted(limit)).toEqual([true, true]);
    });

    test('stops everything when the grace period is over', () => {
      const { limit, cancelled, graceOver } = start(10);
      const resume = limit.pause();
      cancelled.abort();
      graceOver.abort();
      expect(aborted(limit)).toEqual([true, true]);
      resume();
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  test('resolves when all work is done', async () => {
    const { limit } = start(10);
    await allWithin(limit, [Promise.resolve(), Promise.resolve()]);
    expect(limit.signal.aborted).toBe(true);
  });

  test('stops the rest when some of the work fails, and waits until it has stopped', async () => {
    const { limit } = start(10);
    let ended = false;
    const rest = new Promise<void>((resolve) => {
      limit.signal.addEventListener('abort', () =>
        setImmediate(() => {
          ended = true;
          resolve();
        }),
      );
    });
    await expect(allWithin(limit, [Promise.reject(new Error('no')), rest])).rejects.toThrow('no');
    expect(ended).toBe(true);
  });
});
