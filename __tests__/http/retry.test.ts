import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { HttpClient, type HttpRequest, type Until } from '../../src/http/client.ts';
import type { Clock } from '../../src/http/clock.ts';
import { type Answer, isRateLimited } from '../../src/http/errors.ts';
import {
  type Call,
  isQuotaUsedUp,
  retryAfter,
  sendCall,
  waitBefore,
} from '../../src/http/retry.ts';
import { type Throttle, throttleOf } from '../../src/http/throttle.ts';
import { type Limit, TimeLimit } from '../../src/http/time-limit.ts';
import { never } from './servers.ts';

type Headers = Readonly<Record<string, string>>;
type Tried = Answer | Failure;

const NOW = Date.parse('2025-01-01T00:00:00Z');
const where = { method: 'POST', url: new URL('https://hub.invalid/a') } as const;

const answer = (status: number, headers: IncomingHttpHeaders = {}, body = ''): Answer => ({
  ...where,
  status,
  headers,
  body,
});
const soon = { 'retry-after': '1' };

/** No complete answer, as the transport reports it. */
const noAnswer = (sent: boolean) =>
  new Failure('unavailable', 'The call failed: it broke.', {
    call: { ...where, reason: 'it broke' },
    mayBeDone: sent,
  });
const tooLarge = () =>
  new Failure('response-invalid', "The call got an answer that can't be used.", {
    call: { ...where, status: 200, reason: 'too large' },
    mayBeDone: true,
  });

const call: Call = {
  ...where,
  what: 'The call',
  headers: {},
  service: { readError: () => ({}), isRateLimited, adviceWhenMoved: 'It moved.' },
};

/** Without luck each backoff is the shortest: 250 ms before the second try, then doubled. */
const unlucky: Clock = { now: () => NOW, random: () => 0, sleep: async () => {} };
const SHORTEST = 250;

const tries = fc.integer({ min: 1, max: 4 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('Retry-After', () => {
  test.each<[IncomingHttpHeaders[string], number | undefined]>([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    // sent twice
    [['7', '9'], 7_000],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30_000],
    ['Wednesday, 01-Jan-25 00:01:00 GMT', 60_000],
    ['Tue, 31 Dec 2024 23:59:59 GMT', 0],
    ['Wed, nonsense', undefined],
    [undefined, undefined],
    ['', undefined],
    ['  ', undefined],
    ['soon', undefined],
    ['in 2099', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['12 apples', undefined],
  ])('of %j asks for %s ms', (value, milliseconds) => {
    const headers = { 'retry-after': value } as IncomingHttpHeaders;
    expect(retryAfter(answer(503, headers), NOW)).toBe(milliseconds);
  });

  test('never asks for a negative time, whatever it contains', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String)), (value) => {
        const milliseconds = retryAfter(answer(429, { 'retry-after': value }), NOW);
        if (milliseconds !== undefined) expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(milliseconds).not.toBeNaN();
      }),
    );
  });
});

/** The time so many seconds from now, as GitHub's header tells it. */
const reset = (seconds: number) => `${NOW / 1000 + seconds}`;
const usedUp = (seconds: number, more: Headers = {}) =>
  answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(seconds), ...more });
const secondary = answer(403, {}, '{"message":"You have exceeded a Secondary rate limit."}');

describe('a quota of GitHub is exhausted', () => {
  test.each<[string, Answer, boolean]>([
    ['with a 403 and nothing remaining', usedUp(60), true],
    ['also without a reset', answer(403, { 'x-ratelimit-remaining': '0' }), true],
    ['with a secondary limit that only its body names', secondary, true],
    ['with a 429', answer(429), true],
    ['with a 403 that asks to retry later', answer(403, soon), true],
    ['not with a 403 alone, which is a missing permission', answer(403), false],
    ['not with a reset alone', answer(403, { 'x-ratelimit-reset': reset(60) }), false],
    ...['1', '4999', '00', '', '-0'].map((remaining): [string, Answer, boolean] => [
      `not with ${JSON.stringify(remaining)} remaining`,
      answer(403, { 'x-ratelimit-remaining': remaining }),
      false,
    ]),
    ...[200, 201, 204, 401, 404, 422, 500].map((status): [string, Answer, boolean] => [
      `not with status ${status}`,
      answer(status, { 'x-ratelimit-remaining': '0' }, secondary.body),
      false,
    ]),
  ])('%s', (_, given, expected) => {
    expect(isQuotaUsedUp(given)).toBe(expected);
  });
});

describe('the wait before another try', () => {
  test('is half to all of 0.5 s, doubled with each try', () => {
    fc.assert(
      fc.property(tries, chance, (count, random) => {
        const wait = waitBefore(noAnswer(false), count, { ...unlucky, random: () => random });
        const longest = [500, 1000, 2000, 4000][count - 1] ?? 0;
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
      }),
    );
  });

  test('is random, so that many clients do not return at the same time', () => {
    const waits = [0, 0.3, 0.6, 0.9].map((random) =>
      waitBefore(noAnswer(false), 3, { ...unlucky, random: () => random }),
    );
    expect(new Set(waits).size).toBe(4);
  });

  test('is the longer of the backoff and what the server asks for', () => {
    const seconds = fc.integer({ min: -10, max: 5000 });
    fc.assert(
      fc.property(tries, chance, seconds, fc.boolean(), (count, random, wish, isQuota) => {
        const clock = { ...unlucky, random: () => random };
        const asked = Math.max(0, wish);
        const given = isQuota ? usedUp(wish) : answer(503, { 'retry-after': `${asked}` });
        const backoff = waitBefore(answer(503), count, clock);
        expect(waitBefore(given, count, clock)).toBe(Math.max(backoff, asked * 1000));
      }),
    );
  });

  test.each<[string, Answer, number]>([
    ['a quota that resets in 60 s', usedUp(60), 60_000],
    ['a quota that was reset', usedUp(-10), SHORTEST],
    ['a 429 with a used-up quota', { ...usedUp(60), status: 429 }, 60_000],
    ['a 503 with a used-up quota', { ...usedUp(60), status: 503 }, SHORTEST],
    ['a secondary limit', secondary, 60_000],
    ['Retry-After before the reset', usedUp(60, { 'retry-after': '2' }), 2_000],
    ['Retry-After of 0 before the reset', usedUp(60, { 'retry-after': '0' }), SHORTEST],
    [
      'a date before the reset',
      usedUp(60, { 'retry-after': 'Wed, 01 Jan 2025 00:00:07 GMT' }),
      7_000,
    ],
    ['a meaningless Retry-After', usedUp(60, { 'retry-after': 'soon' }), 60_000],
    ['something remaining', usedUp(60, { 'x-ratelimit-remaining': '1' }), SHORTEST],
    ['no information on what remains', answer(403, { 'x-ratelimit-reset': reset(60) }), SHORTEST],
    ['no reset', answer(403, { 'x-ratelimit-remaining': '0' }), SHORTEST],
    ['an empty reset', usedUp(0, { 'x-ratelimit-reset': '' }), SHORTEST],
    ['a reset that is not a time', usedUp(0, { 'x-ratelimit-reset': 'soon' }), SHORTEST],
  ])('with %s', (_, given, wait) => {
    expect(waitBefore(given, 1, unlucky)).toBe(wait);
  });
});

/** Returns the tries in turn, and then the last one again and again. */
class ScriptedHttp extends HttpClient {
  readonly sent: { request: HttpRequest; until: Until; tries: number | undefined }[] = [];
  readonly #script: readonly Tried[];
  onSend: () => void = () => {};

  constructor(...script: readonly Tried[]) {
    super({ proxies: { proxy: undefined, direct: [] }, debug: () => {} });
    this.#script = script;
  }

  override async send(request: HttpRequest, until: Until, tries?: number): Promise<Answer> {
    const next = this.#script[this.sent.length] ?? this.#script.at(-1);
    this.sent.push({ request, until, tries });
    this.onSend();
    if (next instanceof Failure) throw next;
    if (next === undefined) throw new Error('the script is empty');
    return next;
  }
}

/** A throttle that lets everything through, and records what it is told. */
function listener(next: 'again' | 'try' | 'give-up', turns: readonly boolean[] = []) {
  const heard: string[] = [];
  const left = [...turns];
  const throttle: Throttle = {
    async turn() {
      heard.push('turn');
      return left.shift() ?? true;
    },
    asksUntil: () => 0,
    returned: () => void heard.push('returned'),
    succeeded: () => void heard.push('succeeded'),
    postpone(asked, wait) {
      heard.push(`asked for ${asked} ms, else ${wait} ms`);
      return next;
    },
  };
  return { heard, throttle };
}

describe('a call', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] });
    vi.setSystemTime(NOW);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A script instead of the network, and a clock whose sleep passes the fake time. */
  function start(script: readonly Tried[], seconds = 300) {
    const http = new ScriptedHttp(...script);
    const [now, grace] = [new AbortController(), new AbortController()];
    const limit = new TimeLimit(seconds, { cancelled: now.signal, graceOver: grace.signal });
    onTestFinished(() => limit.end());
    const waits: number[] = [];
    const clock = {
      now: () => Date.now(),
      random: () => 0,
      sleep: async (milliseconds: number) => {
        waits.push(milliseconds);
        vi.advanceTimersByTime(milliseconds);
      },
    };
    const send = (more: Partial<Call> = {}) =>
      sendCall({ ...call, ...more }, limit, { http, clock });
    /** what the call is expected to fail with */
    const fail = (more: Partial<Call> = {}): Promise<Failure> =>
      send(more).then(
        () => Promise.reject(new Error('it did not fail')),
        (error) => error,
      );
    return { http, limit, cancel: () => now.abort(), waits, clock, send, fail };
  }

  test('is sent once if it succeeds', async () => {
    const { http, send, waits } = start([answer(299)]);
    expect(await send()).toEqual(answer(299));
    expect(http.sent.map(({ request }) => request)).toEqual([call]);
    expect(waits).toEqual([]);
  });

  test('that expects certain answers accepts no others', async () => {
    expect(await start([answer(404)]).send({ expect: [204, 404] })).toEqual(answer(404));
    const other = start([answer(200)]);
    expect(await other.fail({ expect: [204, 404] })).toMatchObject({
      code: 'response-invalid',
      call: { status: 200 },
      mayBeDone: true,
    });
    expect(other.http.sent).toHaveLength(1);
  });

  test('is sent up to four more times, with increasing waits', async () => {
    const { http, fail, waits } = start([answer(503)]);
    expect(await fail()).toMatchObject({ code: 'unavailable', call: { status: 503 } });
    expect(http.sent.map(({ tries }) => tries)).toEqual([1, 2, 3, 4, 5]);
    expect(waits).toEqual([250, 500, 1000, 2000]);
  });

  test.each([1, 2, 3, 4])('ends with the first success, after %i failures', async (failures) => {
    const script = Array.from({ length: failures }, () => answer(502));
    const { http, send } = start([...script, answer(201)]);
    expect(await send()).toEqual(answer(201));
    expect(http.sent).toHaveLength(failures + 1);
  });

  test('fails as its last try does', async () => {
    const { http, fail } = start([answer(503), noAnswer(true), answer(404), answer(200)]);
    expect(await fail()).toMatchObject({ code: 'request-rejected', call: { status: 404 } });
    expect(http.sent).toHaveLength(3);
  });

  test('that has no answer fails with the reason and the cause of the transport', async () => {
    const cause = new Error('why');
    const given = new Failure('response-invalid', 'Words.', { call: where, cause });
    expect(await start([given]).fail()).toMatchObject({
      code: 'response-invalid',
      message: 'Words.',
      call: where,
      cause,
    });
  });

  /** Whether a call is sent again: usually, and while nothing can have been done. */
  test.each<[string, Tried, boolean, boolean]>([
    ['no answer, not sent', noAnswer(false), true, true],
    ['no answer, sent', noAnswer(true), true, false],
    ['a success that is too large', tooLarge(), false, false],
    ...[199, 300, 301, 307, 400, 401, 403, 404, 409, 412, 422, 501, 505, 511].map(
      (status): [string, Tried, boolean, boolean] => [`${status}`, answer(status), false, false],
    ),
    ...[408, 425, 429].map((status): [string, Tried, boolean, boolean] => [
      `${status}`,
      answer(status),
      true,
      true,
    ]),
    ...[500, 502, 503, 504].map((status): [string, Tried, boolean, boolean] => [
      `${status}`,
      answer(status),
      true,
      false,
    ]),
    ['503 with Retry-After', answer(503, soon), true, true],
    ['503 with a Retry-After that says nothing', answer(503, { 'retry-after': '?' }), true, false],
    ['500 with Retry-After', answer(500, soon), true, false],
    ['403 with Retry-After', answer(403, soon), true, true],
    ['401 with Retry-After', answer(401, soon), false, false],
  ])('after %s: %s, %s', async (_, tried, usually, strictly) => {
    const usual = start([tried, answer(200)]);
    await usual.send().catch(() => {});
    expect(usual.http.sent).toHaveLength(usually ? 2 : 1);
    const strict = start([tried, answer(200)]);
    await strict.send({ repeat: 'if-unprocessed' }).catch(() => {});
    expect(strict.http.sent).toHaveLength(strictly ? 2 : 1);
  });

  test('is not retried after a final failure', async () => {
    const gone = new Failure('unavailable', 'It failed.', {
      call: { ...where, reason: 'it expired', isFinal: true },
    });
    const { http, fail } = start([gone, answer(200)]);
    expect(await fail()).toMatchObject({ code: 'unavailable', message: 'It failed.' });
    expect(http.sent).toHaveLength(1);
  });

  test('does not take a web page for a rejection that it expects', async () => {
    const page = answer(404, { 'content-type': 'text/html' }, '<html>');
    expect(await start([page]).fail({ expect: [204, 404] })).toMatchObject({
      code: 'request-rejected',
      call: { status: 404, isFromElsewhere: true },
    });
    expect(await start([answer(404)]).send({ expect: [204, 404] })).toEqual(answer(404));
  });

  test('is retried after a limit that its service defines', async () => {
    const { http, send } = start([answer(403), answer(200)]);
    const isLimited = ({ status }: Answer) => status === 403;
    await send({ service: { ...call.service, isRateLimited: isLimited } });
    expect(http.sent).toHaveLength(2);
  });

  test('waits as long as the server asks, in seconds or until a date', async () => {
    const date = 'Wed, 01 Jan 2025 00:00:20 GMT';
    const { send, waits } = start([
      answer(429, { 'retry-after': '9' }),
      answer(503, { 'retry-after': date }),
      answer(200),
    ]);
    await send();
    expect(waits).toEqual([9_000, 11_000]);
  });

  describe('that has too little time', () => {
    test('does not wait for a try that would come too late', async () => {
      const { http, fail, waits } = start([answer(503, { 'retry-after': '10' })], 10);
      const failure = await fail();
      expect(failure).toMatchObject({ code: 'rate-limited', call: { status: 503 } });
      expect(failure.message).toMatch(
        /error\. The service asks to wait 10 s, which is longer than the time limit allows\. Try again after 2025-01-01 00:00:10 UTC\.$/,
      );
      expect(waits).toEqual([]);
      expect(http.sent).toHaveLength(1);
    });

    test.each<[string, Answer, number]>([
      ['seconds', answer(429, { 'retry-after': '600' }), 600],
      ['a date', answer(503, { 'retry-after': 'Wed, 01 Jan 2025 00:10:00 GMT' }), 600],
      ['a temporary failure', answer(408, { 'retry-after': '600' }), 600],
      ['a quota of GitHub', usedUp(1800), 1800],
      ['the minute after a secondary limit', secondary, 60],
    ])('says how long it is asked to wait, by %s', async (_, given, seconds) => {
      const { fail, waits } = start([given], 10);
      const failure = await fail({ service: { ...call.service, isRateLimited: isQuotaUsedUp } });
      expect(failure).toMatchObject({ code: 'rate-limited', call: { status: given.status } });
      expect(failure.message).toContain(`The service asks to wait ${seconds} s,`);
      expect(waits).toEqual([]);
    });

    test('gives no date if there can’t be one', async () => {
      const { fail } = start([answer(429, { 'retry-after': '9'.repeat(30) })], 10);
      const { code, message } = await fail();
      expect(code).toBe('rate-limited');
      expect(message).toMatch(/than the time limit allows\.$/);
    });

    test('does not blame the service for its own wait', async () => {
      const { fail } = start([answer(503)], 0.2);
      const failure = await fail();
      expect(failure).toMatchObject({ code: 'timeout', call: { status: 503 } });
      expect(failure.message).toMatch(/limit of 0\.2 s\. Last failure: The call failed: the serv/);
      expect(failure.cause).toMatchObject({ code: 'unavailable' });
    });

    test('reports what the service asked of another caller', async () => {
      const { http, limit, clock } = start([answer(200)], 10);
      const throttle = throttleOf(clock);
      throttle.postpone(600_000, 600_000);
      const late = sendCall(call, limit, { http, clock, throttle });
      await expect(late).rejects.toMatchObject({
        code: 'rate-limited',
        message: expect.stringContaining('The service asks to wait 600 s,'),
        mayBeDone: false,
      });
      expect(http.sent).toEqual([]);
    });

    test('waits for a try that is just in time', async () => {
      const { send } = start([answer(503, { 'retry-after': '9' }), answer(200)], 10);
      expect(await send()).toEqual(answer(200));
    });

    test('adds up the waits of all tries', async () => {
      const { http, fail, waits } = start([answer(503, { 'retry-after': '4' })], 10);
      expect((await fail()).code).toBe('rate-limited');
      expect(waits).toEqual([4_000, 4_000]);
      expect(http.sent).toHaveLength(3);
    });

    test('starts no try if the time ran out during one', async () => {
      const { http, fail } = start([noAnswer(true), answer(200)], 10);
      http.onSend = () => vi.advanceTimersByTime(10_000);
      expect(await fail()).toMatchObject({
        code: 'timeout',
        call: { reason: 'it broke' },
        mayBeDone: true,
      });
      expect(http.sent).toHaveLength(1);
    });

    test('is not sent with less than its least time', async () => {
      const never = start([answer(200)], 4);
      expect(await never.fail({ leastTime: 5_000 })).toMatchObject({
        code: 'timeout',
        message: expect.stringContaining('The call failed: no time was left.'),
        call: { ...where, reason: 'no time was left' },
        mayBeDone: false,
      });
      expect(never.http.sent).toHaveLength(0);
      const once = start([answer(503), answer(200)], 5.2);
      expect(await once.fail({ leastTime: 5_000 })).toMatchObject({ call: { status: 503 } });
      expect(once.http.sent).toHaveLength(1);
      expect(once.waits).toEqual([]);
    });

    test('is not sent if its turn would come too late', async () => {
      const { http, limit, clock, waits } = start([answer(200)], 10);
      const throttle = throttleOf(clock);
      throttle.postpone(undefined, 8_000);
      const late = sendCall({ ...call, leastTime: 2_000 }, limit, { http, clock, throttle });
      await expect(late).rejects.toMatchObject({ code: 'timeout' });
      expect(waits).toEqual([]);
      await sendCall(call, limit, { http, clock, throttle });
      expect(waits).toEqual([8_000]);
    });
  });

  describe('in a cancelled job', () => {
    test('keeps the answer that arrived', async () => {
      const { http, send, cancel } = start([answer(200)]);
      http.onSend = cancel;
      expect(await send()).toEqual(answer(200));
    });

    test('keeps a failure that is final', async () => {
      const { http, fail, cancel } = start([answer(404)]);
      http.onSend = cancel;
      expect(await fail()).toMatchObject({ code: 'request-rejected' });
    });

    test('is not retried after a try', async () => {
      const { http, fail, cancel, waits } = start([answer(502), answer(200)]);
      http.onSend = cancel;
      expect(await fail()).toMatchObject({
        code: 'cancelled',
        call: { status: 502 },
        mayBeDone: true,
      });
      expect(waits).toEqual([]);
      expect(http.sent).toHaveLength(1);
    });

    test('is not retried after a wait', async () => {
      const { http, fail, cancel, clock } = start([answer(429), answer(200)]);
      clock.sleep = async () => cancel();
      expect(await fail()).toMatchObject({ code: 'cancelled', mayBeDone: false });
      expect(http.sent).toHaveLength(1);
    });
  });

  test('ends with the limit, or, if it finishes once sent, with the grace period after it', async () => {
    const { http, limit, send } = start([answer(200)]);
    await send();
    await send({ finishes: true });
    const { signal, graceSignal } = limit;
    expect(http.sent[0]?.until.signal).toBe(signal);
    expect(http.sent[0]?.until.sentSignal).toBe(signal);
    expect(http.sent[1]?.until.signal).toBe(signal);
    expect(http.sent[1]?.until.sentSignal).toBe(graceSignal);
  });

  test('slows its service down if asked to, and speeds it up with each success', async () => {
    const { heard, throttle } = listener('try');
    const { http, limit, clock } = start([
      answer(429, { 'retry-after': '2' }),
      answer(503, { 'retry-after': '3' }),
      answer(503),
      noAnswer(true),
      answer(200),
    ]);
    await sendCall(call, limit, { http, clock, throttle });
    expect(heard).toEqual([
      ...['turn', 'returned', 'asked for 2000 ms, else 2000 ms'],
      ...['turn', 'returned', 'asked for 3000 ms, else 3000 ms'],
      ...['turn', 'returned'],
      ...['turn', 'returned'],
      ...['turn', 'returned', 'succeeded'],
    ]);
    // Also with an unwanted success.
    await sendCall({ ...call, expect: [204] }, limit, { http, clock, throttle }).catch(() => {});
    expect(heard.slice(-3)).toEqual(['turn', 'returned', 'succeeded']);
  });

  test('that had no turn is not sent, and does not return', async () => {
    const { heard, throttle } = listener('try', [false]);
    const { http, limit, clock } = start([answer(200)]);
    const sending = sendCall(call, limit, { http, clock, throttle });
    await expect(sending).rejects.toMatchObject({ code: 'timeout', mayBeDone: false });
    expect(heard).toEqual(['turn']);
    expect(http.sent).toEqual([]);
  });

  describe('whose throttle waits for its service', () => {
    test('uses no try for that, and does not sleep: its turn waits', async () => {
      const { throttle } = listener('again');
      const put = [answer(429), answer(503, soon), answer(403, soon)];
      const { http, limit, clock, waits } = start([
        ...[...put, ...put, ...put, answer(502)],
        ...[...put, ...put, ...put, answer(502)],
        answer(200),
      ]);
      expect(await sendCall(call, limit, { http, clock, throttle })).toEqual(answer(200));
      expect(http.sent).toHaveLength(21);
      // What is no wish to wait is a try, with the backoff of the first ones.
      expect(waits).toEqual([250, 500]);
    });

    test('still has its four retries for everything else', async () => {
      const { throttle } = listener('again');
      const rounds = Array.from({ length: 5 }, () => [answer(429), noAnswer(false)]);
      const { http, limit, clock, waits } = start(rounds.flat());
      await expect(sendCall(call, limit, { http, clock, throttle })).rejects.toMatchObject({
        code: 'unavailable',
        call: { reason: 'it broke' },
      });
      expect(http.sent.map(({ tries }) => tries)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(waits).toEqual([250, 500, 1000, 2000]);
    });

    test('may ask for longer than the time limit: the throttle decides what counts', async () => {
      const { throttle } = listener('again');
      const { limit, http, clock } = start([answer(429, { 'retry-after': '60' }), answer(200)], 10);
      expect(await sendCall(call, limit, { http, clock, throttle })).toEqual(answer(200));
    });

    test('is not retried when a second turn never comes, and fails as it did', async () => {
      const { throttle } = listener('again', [true, false]);
      const { limit, http, clock } = start([answer(429)]);
      await expect(sendCall(call, limit, { http, clock, throttle })).rejects.toMatchObject({
        code: 'timeout',
        cause: { code: 'rate-limited' },
        call: { status: 429 },
      });
      expect(http.sent).toHaveLength(1);
    });

    test('reports what it was asked for if the time limit ends before that', async () => {
      const soonAfter = answer(429, { 'retry-after': '60' });
      const again = listener('again', [true, false]);
      const { limit, http, clock } = start([soonAfter], 10);
      const sending = sendCall(call, limit, { http, clock, throttle: again.throttle });
      const failure = {
        code: 'rate-limited',
        message: expect.stringMatching(
          /later\. The service asks to wait 60 s, which is longer than the time limit allows\. Try again after 2025-01-01 00:01:00 UTC\.$/,
        ),
        call: { status: 429 },
      };
      await expect(sending).rejects.toMatchObject(failure);
      // Also without a throttle.
      expect(await start([soonAfter], 10).fail()).toMatchObject(failure);
    });

    test('is cancelled while it waits', async () => {
      const { limit, http, clock, cancel } = start([answer(429)]);
      const { throttle } = listener('again', [true, false]);
      const postpone = () => {
        cancel();
        return 'again' as const;
      };
      const sending = sendCall(call, limit, { http, clock, throttle: { ...throttle, postpone } });
      await expect(sending).rejects.toMatchObject({ code: 'cancelled', mayBeDone: false });
    });

    test.each<[string, Answer, string, RegExp]>([
      [
        'a 429 with the wait that it asks for',
        answer(429, { 'retry-after': '600' }),
        'rate-limited',
        /requests\. Try again later\. For 10 minutes, the service has asked to retry every call of this kind later and now asks to wait another 600 s\.$/,
      ],
      [
        'a 429 that asks for longer than any patience',
        answer(429, { 'retry-after': '601' }),
        'rate-limited',
        /later\. The service asks to wait 601 s, but a step waits at most 10 minutes\.$/,
      ],
      [
        'a 429 that asks for no time',
        answer(429),
        'rate-limited',
        /later\. For 10 minutes, the service has asked to retry every call of this kind later\.$/,
      ],
      [
        'a 503 until a date',
        answer(503, { 'retry-after': 'Wed, 01 Jan 2025 00:20:00 GMT' }),
        'unavailable',
        /returned a server error\. The service asks to wait 1200 s, but a step waits at most 10 minutes\.$/,
      ],
    ])('is abandoned when the patience is exhausted, after %s', async (_, given, code, message) => {
      const { heard, throttle } = listener('give-up');
      const { limit, http, clock, waits } = start([given]);
      await expect(sendCall(call, limit, { http, clock, throttle })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        call: { status: given.status },
        mayBeDone: false,
      });
      expect(heard.slice(0, 2)).toEqual(['turn', 'returned']);
      expect(http.sent).toHaveLength(1);
      expect(waits).toEqual([]);
    });

    test('may be done although it is abandoned, if an earlier try may have been', async () => {
      const { throttle } = listener('give-up');
      const { limit, http, clock } = start([noAnswer(true), answer(429)]);
      await expect(sendCall(call, limit, { http, clock, throttle })).rejects.toMatchObject({
        code: 'rate-limited',
        mayBeDone: true,
      });
    });
  });

  describe('mayBeDone', () => {
    /** Whether what was asked for may have been done after a try. */
    const outcomes: readonly (readonly [string, () => Tried, boolean])[] = [
      ['a request that was not sent', () => noAnswer(false), false],
      ['a request that was sent', () => noAnswer(true), true],
      ['a success that is too large', tooLarge, true],
      ['a bug', () => new Failure('internal', 'A bug.', { mayBeDone: true }), true],
      ['a success that is not wanted', () => answer(200), true],
      ...[500, 501, 502, 503, 504].map(
        (status) => [`a ${status}`, () => answer(status), true] as const,
      ),
      ['a 500 with Retry-After', () => answer(500, soon), true],
      ['a 503 that asks to retry later', () => answer(503, soon), false],
      ['a 503 that asks for nothing', () => answer(503, { 'retry-after': '' }), true],
      ...[199, 307, 400, 401, 403, 404, 408, 409, 412, 422, 425, 429].map(
        (status) => [`a ${status}`, () => answer(status), false] as const,
      ),
    ];

    test.each(outcomes)('after %s', async (_, tried, expected) => {
      const fail = (more: Partial<Call>) => start([tried()]).fail({ expect: [204], ...more });
      expect((await fail({})).mayBeDone).toBe(expected);
      expect((await fail({ repeat: 'if-unprocessed' })).mayBeDone).toBe(expected);
      for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
        expect((await fail({ method })).mayBeDone).toBe(expected);
      }
      expect((await fail({ method: 'GET' })).mayBeDone).toBe(false);
      expect((await fail({ changesNothing: true })).mayBeDone).toBe(false);
    });

    test.each<[string, readonly Tried[], boolean]>([
      ['a 404 after a 500', [answer(500), answer(404)], true],
      ['a 403 after a request that was sent', [noAnswer(true), answer(403)], true],
      ['no connection after a 502', [answer(502), noAnswer(false)], true],
      ['a 404 after a 503 that asked to retry later', [answer(503, soon), answer(404)], false],
      ['a 404 after no connection', [noAnswer(false), answer(404)], false],
      ['a 400 after a 429 after a 504', [answer(504), answer(429), answer(400)], true],
    ])('after %s', async (_, script, expected) => {
      expect((await start(script).fail()).mayBeDone).toBe(expected);
      expect((await start(script).fail({ method: 'GET' })).mayBeDone).toBe(false);
    });

    test('is about all tries, and nothing is retried that must not be', async () => {
      const script = fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 6 });
      const strict = fc.constantFrom<Partial<Call>>({}, { repeat: 'if-unprocessed' });
      await fc.assert(
        fc.asyncProperty(script, strict, async (rows, more) => {
          const { http, fail } = start(rows.map(([, tried]) => tried()));
          const failure = await fail({ ...more, expect: [204] });
          const made = http.sent.map((_, index) => rows[index]?.[2] ?? rows.at(-1)?.[2]);
          expect(failure.mayBeDone).toBe(made.includes(true));
          if (more.repeat) expect(made.slice(0, -1)).not.toContain(true);
        }),
      );
    });
  });
});

describe('a throttle', () => {
  /** A clock that only advances when somebody sleeps. */
  function start() {
    let now = 0;
    const throttle = throttleOf({
      now: () => now,
      random: () => 0,
      sleep: async (milliseconds) => {
        const end = now + milliseconds;
        await Promise.resolve();
        now = Math.max(now, end);
      },
    });
    const limit = (remaining: number, signal = never()): Limit => ({
      ...{ seconds: 300, cancelled: false, signal, graceSignal: signal },
      remaining: () => remaining,
      pause: () => {
        throw new Error('waiting counts');
      },
    });
    const turn = () => throttle.turn(limit(10_000), 0);
    /** how long the second of two requests waits after the first one */
    const gap = async () => {
      await turn();
      const before = now;
      await turn();
      return now - before;
    };
    const pass = (milliseconds: number) => {
      now += milliseconds;
    };
    return { throttle, limit, turn, gap, now: () => now, pass };
  }

  test('is at full speed at first, even when the service answers', async () => {
    const { throttle, limit, now } = start();
    throttle.succeeded();
    for (let times = 0; times < 100; times++) expect(await throttle.turn(limit(1), 0)).toBe(true);
    expect(now()).toBe(0);
  });

  test('makes everybody wait if the service asks for it, and each waits as one try', async () => {
    const { throttle, turn, now } = start();
    expect(throttle.postpone(undefined, 2000)).toBe('try');
    expect(await Promise.all([turn(), turn(), turn()])).toEqual([true, true, true]);
    expect(now()).toBe(2050);
  });

  test('counts rejections of parallel requests once', async () => {
    const { throttle, turn, now } = start();
    for (let times = 0; times < 32; times++) throttle.postpone(undefined, 1000);
    await turn();
    await turn();
    expect(now()).toBe(1025);
  });

  test('slows down each time it is asked again, to one request a second', async () => {
    const { throttle, gap, pass } = start();
    for (const expected of [25, 50, 100, 200, 400, 800, 1000, 1000]) {
      pass(10_000);
      throttle.postpone(undefined, 1);
      pass(1);
      expect(await gap()).toBe(expected);
    }
  });

  test('immediately abandons what would come too late', async () => {
    const { throttle, limit, now } = start();
    throttle.postpone(undefined, 5000);
    expect(await throttle.turn(limit(5000), 0)).toBe(false);
    expect(await throttle.turn(limit(6000), 1000)).toBe(false);
    expect(now()).toBe(0);
    expect(await throttle.turn(limit(6000), 0)).toBe(true);
  });

  test('stops with the job', async () => {
    const { throttle, limit } = start();
    throttle.postpone(undefined, 5000);
    expect(await throttle.turn(limit(10_000, AbortSignal.abort()), 0)).toBe(false);
  });

  test('speeds up by a twentieth with each answer, until there is no gap', async () => {
    const { throttle, gap, pass } = start();
    throttle.postpone(undefined, 1);
    pass(1);
    expect(await gap()).toBe(25);
    throttle.succeeded();
    expect(await gap()).toBeCloseTo(25 * 0.95);
    // 25 · 0.95 ^ 49 is just above 2 ms.
    for (let times = 1; times < 49; times++) throttle.succeeded();
    expect(await gap()).toBeCloseTo(25 * 0.95 ** 49);
    throttle.succeeded();
    pass(100);
    expect(await gap()).toBe(0);
  });

  test('waits again if the service asks for more time in the meantime', async () => {
    const { throttle, turn, now } = start();
    throttle.postpone(undefined, 1000);
    const waiting = turn();
    throttle.postpone(undefined, 3000);
    expect(await waiting).toBe(true);
    expect(now()).toBe(3000);
  });

  test('does not wait less because a later request is shorter', async () => {
    const { throttle, turn, now } = start();
    throttle.postpone(undefined, 3000);
    throttle.postpone(undefined, 1000);
    await turn();
    expect(now()).toBe(3000);
  });
});
