import { describe, expect, test } from 'vitest';
import { Failure, hasStatus } from '../../src/failure.ts';
import {
  type Answer,
  type CallContext,
  cancelled,
  explainNetworkError,
  failureOf,
  isRateLimited,
  isRejectedElsewhere,
  isSuccess,
  ProxyError,
  timedOut,
  unusable,
} from '../../src/http/errors.ts';

const call = { method: 'POST', url: new URL('https://hub.invalid/a?b=c') };
const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  ...call,
  status,
  headers,
  body: 'words',
});

test.each([
  [199, false],
  [200, true],
  [299, true],
  [300, false],
])('whether %i is a success: %s', (status, expected) => {
  expect(isSuccess({ status })).toBe(expected);
});

test.each<[string, Answer, boolean]>([
  ['a 429', answer(429), true],
  ['a 403 with Retry-After', answer(403, { 'retry-after': '1' }), true],
  ['a 403 with nothing remaining', answer(403, { 'x-ratelimit-remaining': '0' }), false],
  ['a 401 with Retry-After', answer(401, { 'retry-after': '1' }), false],
  ['a 503 with Retry-After', answer(503, { 'retry-after': '1' }), false],
])('whether %s asks to retry later', (_, given, expected) => {
  expect(isRateLimited(given)).toBe(expected);
});

describe('the failure of an answer', () => {
  const context: CallContext = {
    what: 'Reading the agent',
    service: {
      readError: ({ body }) => ({ code: 'e', message: body }),
      isRateLimited,
      adviceWhenMoved: 'Advice of the service.',
    },
    meanings: {
      200: { code: 'agent-exists', message: 'Of a success.' },
      404: { code: 'agent-exists', message: 'A meaning of its own.' },
      429: { code: 'agent-exists', message: 'Of too many requests.' },
      503: { code: 'agent-exists', message: 'Of an error.' },
    },
  };
  const tooMany = 'Reading the agent was rejected because of too many requests. Try again later.';
  const rejected = "Reading the agent was rejected. Check the inputs against the server's message.";
  const moved =
    'Reading the agent was answered with a redirect, which the action never follows. Advice of the service.';
  const outOfOrder = 'Reading the agent failed: the service returned a server error.';

  test.each<[string, Answer, string, string]>([
    ['a 199', answer(199), 'request-rejected', rejected],
    ['a 300', answer(300), 'request-rejected', moved],
    ['a 399', answer(399), 'request-rejected', moved],
    ['a 400', answer(400), 'request-rejected', rejected],
    ['a 404 with a meaning', answer(404), 'agent-exists', 'A meaning of its own.'],
    ['a 429', answer(429), 'rate-limited', tooMany],
    ['a 403 with Retry-After', answer(403, { 'retry-after': '1' }), 'rate-limited', tooMany],
    ['a 499', answer(499), 'request-rejected', rejected],
    ['a 500', answer(500), 'unavailable', outOfOrder],
    ['a 503 with a meaning', answer(503), 'agent-exists', 'Of an error.'],
    ['a 599', answer(599), 'unavailable', outOfOrder],
  ])('%s', (_, given, code, message) => {
    const failure = failureOf(context, given, true);
    expect(failure).toMatchObject({ code, message, mayBeDone: true });
    const { status } = given;
    expect(failure.call).toEqual({ ...call, status, said: { code: 'e', message: 'words' } });
    expect(failureOf(context, given, false).mayBeDone).toBe(false);
  });

  const html = { 'content-type': 'text/html; charset=utf-8' };
  const plain = { 'content-type': 'text/plain' };
  const elsewhere = /^Reading the agent was rejected with a web page, .*proxy or web filter/;
  test.each<[string, Answer, string, RegExp]>([
    ['a 403', answer(403, html), 'request-rejected', elsewhere],
    ['a 404 with a meaning', answer(404, html), 'request-rejected', elsewhere],
    [
      'a 400 of XHTML',
      answer(400, { 'content-type': 'application/xhtml+xml' }),
      'request-rejected',
      elsewhere,
    ],
    [
      'a 404 of another type',
      { ...answer(404, plain), body: ' <!DOCTYPE html>' },
      'request-rejected',
      elsewhere,
    ],
    ['a 404 without a type', { ...answer(404), body: '<html>' }, 'request-rejected', elsewhere],
    [
      'a 404 of XML',
      { ...answer(404, { 'content-type': 'text/xml' }), body: '<e/>' },
      'agent-exists',
      /own/,
    ],
    ['a 404 of plain text', answer(404, plain), 'agent-exists', /own/],
    ['an empty 404', { ...answer(404), body: '' }, 'agent-exists', /own/],
    ['a 429', answer(429, html), 'rate-limited', /too many requests/],
    ['a 502', answer(502, html), 'unavailable', /returned a server error/],
    ['a 302', answer(302, html), 'request-rejected', /redirect/],
  ])('describes %s as a web page or not', (_, given, code, message) => {
    const failure = failureOf(context, given, false);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    const isForeign = isRejectedElsewhere(given);
    expect(isForeign).toBe(message === elsewhere || given.status === 429);
    expect(failure.call?.isFromElsewhere).toBe(isForeign ? true : undefined);
    // Of an answer that is not the service's, a status proves nothing.
    expect(hasStatus(failure, given.status)).toBe(!isForeign);
  });

  test('an unwanted success reveals nothing of its body, which may be a key', () => {
    const failure = failureOf(context, answer(200), true);
    expect(failure).toMatchObject({
      code: 'response-invalid',
      message: "Reading the agent got an answer that can't be used.",
      mayBeDone: true,
    });
    expect(failure.call).toEqual({ ...call, status: 200 });
    expect(unusable('Reading the agent', answer(200))).toMatchObject({
      code: failure.code,
      message: failure.message,
      call: failure.call,
      mayBeDone: false,
    });
  });
});

describe('an abandoned call', () => {
  const last = new Failure('unavailable', 'It failed.', { call, mayBeDone: true });

  test('reports its time limit and the last failure', () => {
    expect(timedOut('Reading the agent', 300, last)).toMatchObject({
      code: 'timeout',
      message:
        'Reading the agent did not succeed within the time limit of 300 s. Last failure: It failed. If the service is only slow, increase `timeout`.',
      call,
      cause: last,
      mayBeDone: true,
    });
  });

  test('says that the job was cancelled', () => {
    const told = {
      code: 'cancelled',
      message: 'The job was cancelled. Reading the agent was abandoned.',
    };
    expect(cancelled('Reading the agent', last)).toMatchObject({ ...told, call, mayBeDone: true });
    expect(cancelled('Reading the agent')).toMatchObject({ ...told, mayBeDone: false });
  });
});

describe('the reason for a missing answer', () => {
  const request = { url: new URL('https://hub.invalid/a'), adviceWhenUnknown: 'Check `tenant`.' };
  const errorWith = (code: string) => Object.assign(new Error('SecretGreeting'), { code });

  test.each([
    [
      'EAI_AGAIN',
      "the name hub.invalid could not be resolved, because the runner's DNS did not answer",
    ],
    ['ECONNREFUSED', 'hub.invalid refused the connection'],
    ['ECONNRESET', 'hub.invalid closed the connection'],
    ['EPIPE', 'hub.invalid closed the connection'],
    ['ETIMEDOUT', 'hub.invalid did not accept the connection in time'],
    ['EHOSTUNREACH', 'there is no network route to hub.invalid'],
    ['ENETUNREACH', 'there is no network route to hub.invalid'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS connection to hub.invalid could be established'],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'no TLS connection to hub.invalid could be established',
    ],
    ['ERR_TLS_HANDSHAKE', 'no TLS connection to hub.invalid could be established'],
    ['HPE_HEADER_OVERFLOW', 'hub.invalid sent headers of more than 64 KiB'],
    ['HPE_INVALID_CONSTANT', 'hub.invalid did not answer with HTTP'],
    ['EMFILE', 'the connection to hub.invalid failed'],
    ['NOT_HPE_', 'the connection to hub.invalid failed'],
  ])('is given for %s', (code, words) => {
    expect(explainNetworkError(errorWith(code), request)).toEqual({
      reason: `${words} (${code})`,
      advice: '',
      isFinal: false,
    });
  });

  test('is given for a name that DNS does not know, with the inputs that it is made of', () => {
    const reason = 'the name hub.invalid could not be resolved (ENOTFOUND)';
    const error = errorWith('ENOTFOUND');
    expect(explainNetworkError(error, request)).toEqual({
      reason,
      advice: 'Check `tenant`.',
      isFinal: false,
    });
    expect(explainNetworkError(error, { url: request.url })).toMatchObject({ reason, advice: '' });
  });

  test('is given for a certificate, and is final', () => {
    expect(explainNetworkError(errorWith('CERT_HAS_EXPIRED'), request)).toEqual({
      reason: 'the TLS certificate of hub.invalid has expired (CERT_HAS_EXPIRED)',
      advice: expect.stringMatching(/^Check the runner's clock\./),
      isFinal: true,
    });
    const stranger = explainNetworkError(errorWith('SELF_SIGNED_CERT_IN_CHAIN'), request);
    expect(stranger.advice).toMatch(/NODE_EXTRA_CA_CERTS/);
    const other = explainNetworkError(errorWith('ERR_TLS_CERT_ALTNAME_INVALID'), request);
    expect(other.advice).toMatch(/^Check the URL\..*captive portal/);
  });

  test('is given for something that is not an error', () => {
    expect(explainNetworkError('SecretGreeting', request).reason).toBe(
      'the connection to hub.invalid failed (unknown error)',
    );
  });

  test('blames the proxy if it was the cause, with the variable that names it', () => {
    const error = new ProxyError("can't be reached (ECONNREFUSED)");
    const proxy = { variable: 'HTTPS_PROXY', url: 'http://user:word@proxy:3128' };
    expect(explainNetworkError(error, request, proxy)).toEqual({
      reason: "the proxy in HTTPS_PROXY can't be reached (ECONNREFUSED)",
      advice: 'Check that variable. List hosts that the runner can reach directly in NO_PROXY.',
      isFinal: false,
    });
  });
});

describe('an error of a proxy', () => {
  test.each([
    [407, true, /^It requires credentials: check the user name and password in that variable\.$/],
    [403, true, /to allow this host/],
    [400, true, /to allow this host/],
    [499, true, /to allow this host/],
    [302, true, /to allow this host/],
    [408, false, /^Check that variable/],
    [425, false, /^Check that variable/],
    [429, false, /^Check that variable/],
    [500, false, /^Check that variable/],
    [503, false, /^Check that variable/],
  ])('with status %i can be final: %j', (status, isFinal, advice) => {
    expect(new ProxyError('answered', { status })).toMatchObject({
      isFinal,
      advice: expect.stringMatching(advice),
    });
  });

  test('is final because of the certificate of the proxy', () => {
    const problem = { says: 'has expired', advice: 'Check the clock.' };
    const error = new ProxyError("can't be reached", { problem });
    expect(error).toMatchObject({ isFinal: true, advice: 'Check the clock.', status: undefined });
  });
});

test('an error of a proxy contains everything that is known about it', () => {
  const cause = new Error('why');
  const error = new ProxyError('answered with status 407', { cause, status: 407 });
  expect(error).toMatchObject({ reason: 'answered with status 407', status: 407, cause });
  expect(String(error)).toBe('ProxyError: no connection through the proxy');
  expect(new ProxyError('x')).not.toHaveProperty('cause');
});
