import { afterEach, describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../src/http/client.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import { type CallContext, cancelled, failedCall, refusal } from '../../src/http/refusal.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';
import { insightsHub } from '../../src/insights-hub/refusals.ts';

const request: HttpRequest = {
  method: 'POST',
  url: new URL('https://hub.invalid/a?b=c'),
  headers: {},
  body: 'body',
};

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Exchange => ({
  kind: 'answer',
  status,
  headers,
  body: '{"error":"e","error_description":"words"}',
});
const broken = (status: number, why: 'cut-off' | 'too-large'): Exchange => ({
  kind: 'broken-answer',
  status,
  headers: {},
  why,
  reason: 'the answer is broken',
});
const noAnswer: Exchange = { kind: 'no-answer', sent: false, reason: 'hub.invalid is away (EX)' };

describe('failedCall', () => {
  const call = { method: 'POST', url: request.url };
  test.each<[string, Exchange, object]>([
    ['no answer', noAnswer, call],
    ['an error', answer(400), { ...call, status: 400, said: { code: 'e', message: 'words' } }],
    ['a broken error', broken(500, 'cut-off'), { ...call, status: 500, said: {} }],
    // What a success says is no error, and may be a key.
    ['a success', answer(200), { ...call, status: 200, said: {} }],
  ])('tells of %s', (_, exchange, told) => {
    expect(failedCall(insightsHub, request, exchange)).toEqual(told);
  });
});

describe('refusal', () => {
  const limits: TimeLimit[] = [];
  afterEach(() => {
    for (const limit of limits.splice(0)) limit.dispose();
  });
  const limitWith = (signal: AbortSignal) => {
    const limit = new TimeLimit(300, {
      cancelled: signal,
      graceOver: new AbortController().signal,
    });
    limits.push(limit);
    return limit;
  };
  const context: CallContext = {
    ...insightsHub,
    what: 'Reading the agent',
    meanings: { 404: { code: 'agent-exists', message: 'A meaning of its own.' } },
  };
  const refuse = (exchange: Exchange, ended = false, signal = new AbortController().signal) =>
    refusal(context, request, { exchange, ended, mayHaveActed: false }, limitWith(signal));

  test.each<[string, Exchange, string, RegExp]>([
    [
      'no answer',
      noAnswer,
      'unavailable',
      /^Reading the agent failed: hub\.invalid is away \(EX\)\.$/,
    ],
    [
      'a 400',
      answer(400),
      'request-rejected',
      /^Reading the agent was rejected\. Check the inputs against what the server says\.$/,
    ],
    ['a 404 with a meaning', answer(404), 'agent-exists', /^A meaning of its own\.$/],
    [
      'a 429',
      answer(429),
      'rate-limited',
      /^Reading the agent was refused because of too many requests\. Try again later\.$/,
    ],
    ['a 403 with Retry-After', answer(403, { 'retry-after': '1' }), 'rate-limited', /too many/],
    [
      'a 500',
      answer(500),
      'unavailable',
      /^Reading the agent failed: the service is out of order\.$/,
    ],
    ['a 300', answer(300), 'request-rejected', /redirect/],
    ['a 299 too large', broken(299, 'too-large'), 'response-invalid', /can't be used/],
    ['a 199', answer(199), 'request-rejected', /rejected/],
    ['a broken 500', broken(500, 'cut-off'), 'unavailable', /out of order/],
    ['a 307', answer(307), 'request-rejected', /redirect.*never followed.*`api-url`.*`token-url`/],
    ['a success cut off', broken(200, 'cut-off'), 'unavailable', /the answer is broken/],
    ['a success too large', broken(200, 'too-large'), 'response-invalid', /can't be used/],
    ['a success not asked for', answer(200), 'response-invalid', /can't be used/],
  ])('of %s', (_, exchange, code, says) => {
    const failure = refuse(exchange);
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(says);
    expect(failure.message).not.toContain('words');
    expect(failure.call).toEqual(failedCall(insightsHub, request, exchange));
  });

  test('when time ran out tells the limit and the last failure', () => {
    const failure = refuse(answer(503), true);
    expect(failure.code).toBe('timeout');
    expect(failure.message).toMatch(
      /^Reading the agent did not succeed within the time limit of 300 s\. Last failure: Reading the agent failed: the service is out of order\. If the service is only slow, set a longer `timeout`\.$/,
    );
    expect(failure.call?.status).toBe(503);
    expect(failure.cause).toMatchObject({ code: 'unavailable' });
  });

  test('of a cancelled job says so', () => {
    const failure = refuse(answer(503), true, AbortSignal.abort());
    expect(failure.code).toBe('cancelled');
    expect(failure.message).toBe('The job was cancelled. Reading the agent was given up.');
    expect(cancelled('Reading the agent')).toMatchObject({
      code: 'cancelled',
      message: failure.message,
    });
  });

  test('that was final stays so in a cancelled job', () => {
    expect(refuse(answer(404), false, AbortSignal.abort()).code).toBe('agent-exists');
  });
});
