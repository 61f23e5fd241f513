import { expect, test } from 'vitest';
import { systemClock } from '../../src/http/clock.ts';
import { never } from './servers.ts';

test('waiting ends after its time, or immediately when the signal aborts', async () => {
  await systemClock.sleep(1, never());
  const enough = new AbortController();
  const waiting = systemClock.sleep(1e8, enough.signal);
  enough.abort();
  await waiting;
  await systemClock.sleep(1e8, AbortSignal.abort());
});

test('time and random numbers come from the machine', () => {
  const before = Date.now();
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
  const chances = Array.from({ length: 5 }, () => systemClock.random());
  expect(new Set(chances).size).toBe(5);
  for (const chance of chances) expect(chance >= 0 && chance < 1).toBe(true);
});
