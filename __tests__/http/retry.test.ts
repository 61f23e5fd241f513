import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HttpClient, type HttpRequest } from '../../src/http/client.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import {
  type Clock,
  isPassing,
  isRateLimited,
  isSuccess,
  mayHaveActed,
  type RetryOptions,
  retryAfter,
  sendWithRetries,
  waitBefore,
} from '../../src/http/retry.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';

type Headers = Readonly<Record<string, string>>;

const answer = (status: number, headers: Headers = {}): Exchange => ({
  kind: 'answer',
  status,
  headers,
  body: '',
});
const broken = (status: number, why: 'cut-off' | 'too-large'): Exchange => ({
  kind: 'broken-answer',
  status,
  headers: {},
  why,
  reason: why,
});
const noAnswer = (sent: boolean): Exchange => ({ kind: 'no-answer', sent, reason: 'reset' });

const RATE_LIMITED = { 'x-ratelimit-remaining': '0' };

interface Row {
  readonly name: string;
  readonly exchange: Exchange;
  readonly passing: boolean;
  readonly rateLimited: boolean;
  readonly success: boolean;
}

const row = (name: string, exchange: Exchange, ...are: (keyof Row)[]): Row => ({
  name,
  exchange,
  passing: are.includes('passing'),
  rateLimited: are.includes('rateLimited'),
  success: are.includes('success'),
});

const rows: readonly Row[] = [
  row('no answer, not sent', noAnswer(false), 'passing'),
  row('no answer, sent', noAnswer(true), 'passing'),
  ...[200, 201, 204, 299].map((status) => row(`${status}`, answer(status), 'success')),
  ...[199, 300, 301, 307, 400, 401, 403, 404, 409, 412, 422, 501, 505, 511].map((status) =>
    row(`${status}`, answer(status)),
  ),
  ...[408, 425, 500, 502, 503, 504].map((status) => row(`${status}`, answer(status), 'passing')),
  row('429', answer(429), 'passing', 'rateLimited'),
  row('403 with Retry-After', answer(403, { 'retry-after': '1' }), 'passing', 'rateLimited'),
  row('403 with nothing remaining', answer(403, RATE_LIMITED)),
  row('401 with Retry-After', answer(401, { 'retry-after': '1' })),
  row('200 with nothing remaining', answer(200, RATE_LIMITED), 'success'),
  row('200 cut off', broken(200, 'cut-off'), 'success', 'passing'),
  row('200 too large', broken(200, 'too-large'), 'success'),
  row('503 cut off', broken(503, 'cut-off'), 'passing'),
  row('503 too large', broken(503, 'too-large'), 'passing'),
  row('404 cut off', broken(404, 'cut-off')),
];

test.each(rows)('$name: passing $passing, rate limited $rateLimited, success $success', (given) => {
  expect(isPassing(given.exchange)).toBe(given.passing);
  expect(isRateLimited(given.exchange)).toBe(given.rateLimited);
  expect(isSuccess(given.exchange)).toBe(given.success);
});

describe('retryAfter', () => {
  const NOW = Date.parse('2025-01-01T00:00:00Z');

  test.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30_000],
    ['Wednesday, 01-Jan-25 00:01:00 GMT', 60_000],
    ['Tue, 31 Dec 2024 23:59:59 GMT', 0],
    ['', undefined],
    ['  ', undefined],
    ['soon', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['12 apples', undefined],
  ])('%o asks for %s ms', (value, milliseconds) => {
    expect(retryAfter(answer(503, { 'retry-after': value }), NOW)).toBe(milliseconds);
  });

  test('asks for nothing when there is no such header or no answer', () => {
    expect(retryAfter(answer(503), NOW)).toBeUndefined();
    expect(retryAfter(noAnswer(false), NOW)).toBeUndefined();
  });

  test('never asks for a negative time, whatever the header holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String)), (value) => {
        const milliseconds = retryAfter(answer(429, { 'retry-after': value }), NOW);
        if (milliseconds !== undefined) expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(milliseconds).not.toBeNaN();
      }),
    );
  });
});

describe('waitBefore', () => {
  const clockWith = (random: number): Clock => ({
    now: () => 0,
    random: () => random,
    sleep: async () => {},
  });
  const tries = fc.integer({ min: 1, max: 4 });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('is half to all of 0.5 s, doubled with each try', () => {
    fc.assert(
      fc.property(tries, chance, (count, random) => {
        const wait = waitBefore(noAnswer(false), count, clockWith(random));
        const longest = [500, 1000, 2000, 4000][count - 1] ?? 0;
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
      }),
    );
  });

  test('differs by chance, so that many clients do not come back at once', () => {
    const waits = [0, 0.3, 0.6, 0.9].map((r) => waitBefore(noAnswer(false), 3, clockWith(r)));
    expect(new Set(waits).size).toBe(4);
  });

  test('is never shorter than the server asks for, nor than the backoff', () => {
    fc.assert(
      fc.property(tries, chance, fc.nat({ max: 5000 }), (count, random, seconds) => {
        const exchange = answer(503, { 'retry-after': `${seconds}` });
        const backoff = waitBefore(noAnswer(false), count, clockWith(random));
        const wait = waitBefore(exchange, count, clockWith(random));
        expect(wait).toBe(Math.max(backoff, seconds * 1000));
      }),
    );
  });
});

describe('sendWithRetries', () => {
  const request: HttpRequest = { method: 'GET', url: new URL('https://hub.invalid/'), headers: {} };

  /** Gives the exchanges in turn, the last one again and again. */
  class FakeHttp extends HttpClient {
    readonly signals: (readonly AbortSignal[])[] = [];
    readonly requests: HttpRequest[] = [];
    readonly attempts: number[] = [];
    readonly #exchanges: Exchange[];
    onSend: () => void = () => {};

    constructor(...exchanges: Exchange[]) {
      super({
        proxies: { http: undefined, https: undefined, direct: [] },
        userAgent: '',
        attemptTimeout: 1,
        onAttempt: () => {},
      });
      this.#exchanges = exchanges;
    }

    override async send(
      sent: HttpRequest,
      first: AbortSignal,
      second: AbortSignal = first,
      attempt = 1,
    ): Promise<Exchange> {
      this.requests.push(sent);
      this.signals.push([first, second]);
      this.attempts.push(attempt);
      this.onSend();
      const next = this.#exchanges.length > 1 ? this.#exchanges.shift() : this.#exchanges[0];
      if (next === undefined) throw new Error('no exchange is left');
      return next;
    }
  }

  /** A clock whose sleep passes the fake time. */
  class FakeClock implements Clock {
    readonly waits: number[] = [];
    now = () => Date.now();
    random = () => 0;
    sleep = async (milliseconds: number) => {
      this.waits.push(milliseconds);
      vi.advanceTimersByTime(milliseconds);
    };
  }

  const limits: TimeLimit[] = [];
  const cancel = { now: new AbortController(), grace: new AbortController() };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
    cancel.now = new AbortController();
    cancel.grace = new AbortController();
  });
  afterEach(() => {
    for (const limit of limits.splice(0)) limit.dispose();
    vi.useRealTimers();
  });

  function limitOf(seconds: number): TimeLimit {
    const interruption = { cancelled: cancel.now.signal, graceOver: cancel.grace.signal };
    const limit = new TimeLimit(seconds, interruption);
    limits.push(limit);
    return limit;
  }

  function optionsFor(
    http: FakeHttp,
    seconds = 300,
    more: Partial<Pick<RetryOptions, 'mayRepeat' | 'finishes' | 'leastTime'>> = {},
  ) {
    const clock = new FakeClock();
    return { clock, http, limit: limitOf(seconds), mayRepeat: isPassing, ...more };
  }

  test('sends once what succeeds', async () => {
    const http = new FakeHttp(answer(200));
    const options = optionsFor(http);
    const outcome = await sendWithRetries(request, options);
    expect(outcome).toMatchObject({ exchange: answer(200), ended: false });
    expect(http.requests).toEqual([request]);
    expect(options.clock.waits).toEqual([]);
  });

  test('sends once what may not be repeated, however passing', async () => {
    const http = new FakeHttp(noAnswer(true), answer(200));
    const options = optionsFor(http, 300, { mayRepeat: () => false });
    expect(await sendWithRetries(request, options)).toEqual({
      exchange: noAnswer(true),
      ended: false,
      mayHaveActed: true,
    });
    expect(http.requests).toHaveLength(1);
  });

  test('sends up to four more times, with longer and longer waits', async () => {
    const http = new FakeHttp(answer(503));
    const options = optionsFor(http);
    const outcome = await sendWithRetries(request, options);
    expect(outcome).toMatchObject({ exchange: answer(503), ended: false });
    expect(http.requests).toHaveLength(5);
    expect(http.attempts).toEqual([1, 2, 3, 4, 5]);
    expect(options.clock.waits).toEqual([250, 500, 1000, 2000]);
  });

  test.each([1, 2, 3, 4])('stops with the first success, after %i failures', async (failures) => {
    const http = new FakeHttp(...Array.from({ length: failures }, () => answer(502)), answer(201));
    const outcome = await sendWithRetries(request, optionsFor(http));
    expect(outcome).toMatchObject({ exchange: answer(201), ended: false });
    expect(http.requests).toHaveLength(failures + 1);
  });

  test('judges each try anew', async () => {
    const http = new FakeHttp(answer(503), answer(404), answer(200));
    const outcome = await sendWithRetries(request, optionsFor(http));
    expect(outcome).toMatchObject({ exchange: answer(404), ended: false });
    expect(http.requests).toHaveLength(2);
  });

  test('waits as long as the server asks, in seconds or until a date', async () => {
    vi.setSystemTime('2025-01-01T00:00:00Z');
    const http = new FakeHttp(
      answer(429, { 'retry-after': '9' }),
      answer(503, { 'retry-after': 'Wed, 01 Jan 2025 00:00:20 GMT' }),
      answer(200),
    );
    const options = optionsFor(http);
    await sendWithRetries(request, options);
    expect(options.clock.waits).toEqual([9_000, 11_000]);
  });

  test('does not wait for a try that would come too late', async () => {
    const late = answer(503, { 'retry-after': '10' });
    const http = new FakeHttp(late, answer(200));
    const options = optionsFor(http, 10);
    expect(await sendWithRetries(request, options)).toMatchObject({ exchange: late, ended: true });
    expect(options.clock.waits).toEqual([]);
    expect(http.requests).toHaveLength(1);
  });

  test('waits for a try that is just in time', async () => {
    const http = new FakeHttp(answer(503, { 'retry-after': '9' }), answer(200));
    const outcome = await sendWithRetries(request, optionsFor(http, 10));
    expect(outcome).toMatchObject({ exchange: answer(200), ended: false });
  });

  test('the waits of all tries count together', async () => {
    const http = new FakeHttp(answer(503, { 'retry-after': '4' }));
    const options = optionsFor(http, 10);
    const outcome = await sendWithRetries(request, options);
    expect(outcome.ended).toBe(true);
    expect(options.clock.waits).toEqual([4_000, 4_000]);
    expect(http.requests).toHaveLength(3);
  });

  test('starts no try when the time ran out during one', async () => {
    const http = new FakeHttp(noAnswer(true), answer(200));
    http.onSend = () => vi.advanceTimersByTime(10_000);
    const outcome = await sendWithRetries(request, optionsFor(http, 10));
    expect(outcome).toMatchObject({ exchange: noAnswer(true), ended: true });
    expect(http.requests).toHaveLength(1);
  });

  test('keeps what came in spite of a cancelled job', async () => {
    const http = new FakeHttp(answer(200));
    http.onSend = () => cancel.now.abort();
    const outcome = await sendWithRetries(request, optionsFor(http));
    expect(outcome).toMatchObject({ exchange: answer(200), ended: false });
  });

  test('starts no try after the job was cancelled, during a try or a wait', async () => {
    const during = new FakeHttp(answer(503), answer(200));
    during.onSend = () => cancel.now.abort();
    const first = optionsFor(during);
    expect(await sendWithRetries(request, first)).toMatchObject({
      exchange: answer(503),
      ended: true,
    });
    expect(first.clock.waits).toEqual([]);

    cancel.now = new AbortController();
    const between = new FakeHttp(answer(503), answer(200));
    const second = optionsFor(between);
    second.clock.sleep = async () => cancel.now.abort();
    expect(await sendWithRetries(request, second)).toMatchObject({
      exchange: answer(503),
      ended: true,
    });
    expect(between.requests).toHaveLength(1);
  });

  test('its attempts end with the limit, or once they are sent with the grace after it', async () => {
    const ordinary = new FakeHttp(answer(200));
    const { limit, ...options } = optionsFor(ordinary);
    await sendWithRetries(request, { ...options, limit });
    expect(ordinary.signals).toEqual([[limit.signal, limit.signal]]);

    const patient = new FakeHttp(answer(200));
    await sendWithRetries(request, { ...options, http: patient, limit, finishes: true });
    expect(patient.signals).toEqual([[limit.signal, limit.graceSignal]]);
    expect(patient.signals[0]?.[1]).toBe(limit.graceSignal);
  });

  test('tells whether the service may have acted on any attempt', async () => {
    const options = optionsFor(new FakeHttp(answer(502), answer(403)), 300);
    const outcome = await sendWithRetries(request, options);
    expect(outcome).toMatchObject({ exchange: answer(403), mayHaveActed: true });
  });

  test('makes no attempt with less time than it has to have', async () => {
    const http = new FakeHttp(answer(503), answer(200));
    expect(await sendWithRetries(request, optionsFor(http, 4, { leastTime: 5_000 }))).toEqual({
      exchange: { kind: 'no-answer', sent: false, reason: 'no time was left' },
      ended: true,
      mayHaveActed: false,
    });
    expect(http.requests).toHaveLength(0);
    const options = optionsFor(http, 5.2, { leastTime: 5_000 });
    expect(await sendWithRetries(request, options)).toMatchObject({
      exchange: answer(503),
      ended: true,
    });
    expect(http.requests).toHaveLength(1);
  });

  test.each([
    [['7', '9'], 7_000],
    ['in 2099', undefined],
    ['-1', undefined],
    ['1.5', undefined],
  ])('reads a Retry-After of %j', (value, wait) => {
    const headers = { 'retry-after': value } as IncomingHttpHeaders;
    expect(retryAfter({ kind: 'answer', status: 503, headers, body: '' }, 0)).toBe(wait);
  });
});

describe('mayHaveActed', () => {
  const soon = { 'retry-after': '1' };
  const cut = (status: number) =>
    ({ kind: 'broken-answer', status, headers: {}, why: 'cut-off', reason: 'cut' }) as const;
  test.each<[string, Exchange, boolean]>([
    ['a request that was sent', noAnswer(true), true],
    ['a request that was not sent', noAnswer(false), false],
    ['a success', answer(200), true],
    ['a success cut short', cut(200), true],
    ...[500, 502, 503, 504].map((code) => [`a ${code}`, answer(code), true] as const),
    ['a 503 that asks to come back', answer(503, soon), false],
    ...[307, 400, 401, 403, 404, 408, 409, 422, 425, 429].map(
      (code) => [`a ${code}`, answer(code), false] as const,
    ),
  ] as [string, Exchange, boolean][])('after %s', (_, exchange, expected) => {
    expect(mayHaveActed(exchange, 0)).toBe(expected);
  });
});
