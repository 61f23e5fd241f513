import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/http/exchange.ts';
import { type Clock, isQuotaUsedUp, waitBefore } from '../../src/http/retry.ts';

const NOW = Date.parse('2025-01-01T00:00:00Z');

/** Without luck each backoff is the shortest, 250 ms before the second try. */
const clock: Clock = { now: () => NOW, random: () => 0, sleep: async () => {} };
const SHORTEST = 250;

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Exchange => ({
  kind: 'answer',
  status,
  headers,
  body: '',
});

/** The time so many seconds from now, as GitHub's header tells it. */
const reset = (seconds: number) => `${NOW / 1000 + seconds}`;

const usedUp = (seconds: number, more: Readonly<Record<string, string>> = {}) =>
  answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(seconds), ...more });

describe('isQuotaUsedUp', () => {
  test('a 403 with nothing remaining', () => {
    expect(isQuotaUsedUp(usedUp(60))).toBe(true);
    expect(isQuotaUsedUp(answer(403, { 'x-ratelimit-remaining': '0' }))).toBe(true);
  });

  test('also when only its head is known', () => {
    const headers = { 'x-ratelimit-remaining': '0' };
    const head = { kind: 'broken-answer', status: 403, headers } as const;
    expect(isQuotaUsedUp({ ...head, why: 'cut-off', reason: '' })).toBe(true);
  });

  test.each(['1', '4999', '00', '', '-0'])('not with %o remaining', (remaining) => {
    expect(isQuotaUsedUp(answer(403, { 'x-ratelimit-remaining': remaining }))).toBe(false);
  });

  test('not without the header, which is a missing permission', () => {
    expect(isQuotaUsedUp(answer(403))).toBe(false);
    expect(isQuotaUsedUp(answer(403, { 'x-ratelimit-reset': reset(60) }))).toBe(false);
  });

  test.each([200, 201, 204, 401, 404, 422, 429, 500])('not with status %i', (status) => {
    expect(isQuotaUsedUp(answer(status, { 'x-ratelimit-remaining': '0' }))).toBe(false);
  });

  test('not without an answer', () => {
    expect(isQuotaUsedUp({ kind: 'no-answer', sent: true, reason: '' })).toBe(false);
  });
});

describe('waitBefore', () => {
  test.each([
    [60, 60_000],
    [1, 1_000],
    [3600, 3_600_000],
    // in the past: the backoff alone
    [0, SHORTEST],
    [-10, SHORTEST],
  ])('a quota that begins anew in %i s: %i ms', (seconds, wait) => {
    expect(waitBefore(usedUp(seconds), 1, clock)).toBe(wait);
  });

  test('a 429 with a used-up quota waits for it too', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(60) };
    expect(waitBefore(answer(429, headers), 1, clock)).toBe(60_000);
  });

  test.each([
    { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': reset(60) },
    { 'x-ratelimit-reset': reset(60) },
    { 'x-ratelimit-remaining': '0' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' },
  ])('the backoff alone with %j', (headers) => {
    expect(waitBefore(answer(403, headers), 1, clock)).toBe(SHORTEST);
  });

  test.each([
    ['2', 2_000],
    ['600', 600_000],
    ['0', SHORTEST],
    ['Wed, 01 Jan 2025 00:00:07 GMT', 7_000],
  ])('Retry-After of %o wins over the reset', (value, wait) => {
    expect(waitBefore(usedUp(60, { 'retry-after': value }), 1, clock)).toBe(wait);
  });

  test('a Retry-After that says nothing leaves the reset', () => {
    expect(waitBefore(usedUp(60, { 'retry-after': 'soon' }), 1, clock)).toBe(60_000);
  });

  test('is the longer of the reset and the backoff', () => {
    const tries = fc.integer({ min: 1, max: 4 });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(tries, chance, fc.integer({ min: -10, max: 5000 }), (count, random, seconds) => {
        const lucky = { ...clock, random: () => random };
        const backoff = waitBefore(answer(403), count, lucky);
        const wait = waitBefore(usedUp(seconds), count, lucky);
        expect(wait).toBe(Math.max(backoff, seconds * 1000));
      }),
    );
  });
});
