import { describe, expect, test } from 'vitest';
import { insightsHub } from '../../src/insights-hub/api.ts';
import { tokenSource } from '../../src/insights-hub/tokens.ts';
import type { Credentials } from '../../src/insights-hub/urls.ts';
import { Secret } from '../../src/secret.ts';
import {
  answer,
  cutShort,
  noAnswer,
  type Reply,
  start,
  technicalUser,
  tooLarge,
  urls,
} from './services.ts';

const application: Credentials = {
  kind: 'application',
  basic: new Secret('aWQ6c2VjcmV0'),
  appName: 'builder',
  appVersion: 'v1',
  hostTenant: 'operator',
};

const token = (text: string, more: object = {}) =>
  answer(200, { access_token: text, token_type: 'Bearer', ...more });

function sourceWith(credentials: Credentials, ...script: readonly Reply[]) {
  const started = start(...script);
  const source = tokenSource(credentials, urls, insightsHub, started.hubServices);
  const get = async (limit = started.limit) => (await source(limit)).reveal();
  return { ...started, source, get };
}

describe('a token', () => {
  test('that was given is used unchanged, even when it was rejected', async () => {
    const given = new Secret('given-token');
    const { source, limit, http } = sourceWith({ kind: 'token', token: given });
    expect(await source(limit)).toBe(given);
    expect(await source(limit, given)).toBe(given);
    expect(http.calls).toEqual([]);
  });

  test("comes from the tenant's authorization server for a technical user", async () => {
    const { get, http, masked } = sourceWith(technicalUser, token('token-1'));
    expect(await get()).toBe('token-1');
    expect(masked).toEqual(['token-1']);
    expect(http.sent).toEqual([
      expect.objectContaining({
        call: 'POST /mqtt1/token',
        headers: {
          authorization: 'Basic aWQ6c2VjcmV0',
          'content-type': 'application/x-www-form-urlencoded',
          accept: '*/*',
        },
        body: 'grant_type=client_credentials',
      }),
    ]);
  });

  test('comes from the Technical Token Manager for an application', async () => {
    const { get, http } = sourceWith(application, token('token-1'));
    expect(await get()).toBe('token-1');
    expect(http.sent).toEqual([
      expect.objectContaining({
        call: 'POST /technicaltokenmanager/oauth/token',
        headers: {
          'x-space-auth-key': 'Basic aWQ6c2VjcmV0',
          'content-type': 'application/json',
          accept: 'application/json',
        },
        body: '{"appName":"builder","appVersion":"v1","hostTenant":"operator","userTenant":"mqtt1"}',
      }),
    ]);
  });

  test('serves all callers, also in parallel', async () => {
    const { get, http } = sourceWith(technicalUser, token('token-1'));
    expect(await Promise.all([get(), get(), get()])).toEqual(['token-1', 'token-1', 'token-1']);
    expect(await get()).toBe('token-1');
    expect(http.calls).toHaveLength(1);
  });

  test('is refreshed when it has less than a minute left, counted from the request', async () => {
    const { get, http, time } = sourceWith(
      technicalUser,
      token('token-1', { expires_in: 100 }),
      token('token-2'),
    );
    http.onSend = () => {
      time.now += 10_000;
    };
    expect(await get()).toBe('token-1');
    time.now = 40_000;
    expect(await get()).toBe('token-1');
    time.now = 40_001;
    expect(await get()).toBe('token-2');
    time.now = 1e12;
    expect(await get()).toBe('token-2');
  });

  test('that lives for less than a minute is used once', async () => {
    const short = { expires_in: 10 };
    const { get } = sourceWith(technicalUser, token('token-1', short), token('token-2', short));
    expect([await get(), await get()]).toEqual(['token-1', 'token-2']);
  });

  test('is refreshed after it was rejected, but not for one that was rejected before', async () => {
    const { source, limit, get } = sourceWith(technicalUser, token('token-1'), token('token-2'));
    const first = await source(limit);
    expect((await source(limit, first)).reveal()).toBe('token-2');
    expect((await source(limit, first)).reveal()).toBe('token-2');
    expect(await get()).toBe('token-2');
  });
});

describe('an answer to the token request', () => {
  test.each<[string, object]>([
    ['without a type', { access_token: '!~ab' }],
    ['of type bearer', { access_token: '!~ab', token_type: 'bearer' }],
    ['of type BEARER', { access_token: '!~ab', token_type: 'BEARER' }],
    ['with a lifetime in words', { access_token: '!~ab', expires_in: 'long' }],
  ])('is accepted: one %s', async (_, body) => {
    const { get } = sourceWith(technicalUser, answer(200, body));
    expect([await get(), await get()]).toEqual(['!~ab', '!~ab']);
  });

  test.each<[string, unknown, readonly string[]]>([
    ['no JSON', '<html>', []],
    ['an empty body', '', []],
    ['no token', { token_type: 'Bearer' }, []],
    ['a token that is not a text', { access_token: 12345 }, []],
    ['a token of three characters', { access_token: 'abc' }, []],
    ['a token with a space, which is masked all the same', { access_token: 'a bc' }, ['a bc']],
    ['a token that is not ASCII', { access_token: 'abcä' }, ['abcä']],
    ['another type of token', { access_token: 'abcd', token_type: 'mac' }, ['abcd']],
    ['a type that is not a text', { access_token: 'abcd', token_type: 5 }, ['abcd']],
  ])('is refused: %s', async (_, body, masks) => {
    const { get, masked } = sourceWith(technicalUser, answer(200, body));
    await expect(get()).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        'The answer to the token request contains no Bearer token. Check that `token-url` or `api-url` leads to a token endpoint.',
      call: { method: 'POST', status: 200, said: {} },
    });
    expect(masked).toEqual(masks);
  });
});

describe('without a token', () => {
  const refused =
    'The token endpoint rejected the credentials. Check `oauth-client-id`, `oauth-client-secret` and `tenant`. For application credentials, also check `app-name`, `app-version` and `host-tenant`.';
  test.each([
    ['400', answer(400), 'token-rejected', refused],
    [
      '401',
      answer(401),
      'token-rejected',
      `${refused} "Service credentials" from Insights Hub's Settings app work for Cloud Foundry only. Use those of a technical user.`,
    ],
    ['403', answer(403), 'token-rejected', refused],
    [
      '404',
      answer(404),
      'request-rejected',
      "The token request was rejected. Check the inputs against the server's message.",
    ],
    [
      'too large an answer',
      tooLarge,
      'response-invalid',
      "The token request got an answer that can't be used.",
    ],
  ])('%s is reported', async (_, reply, code, message) => {
    const { get, http } = sourceWith(technicalUser, reply);
    await expect(get()).rejects.toMatchObject({
      ...{ code, message, mayBeDone: false },
      call: { method: 'POST', status: expect.any(Number) },
    });
    expect(http.calls).toHaveLength(1);
  });

  test('temporary failures are retried', async () => {
    const { get } = sourceWith(
      technicalUser,
      ...[noAnswer({ sent: true }), answer(503), cutShort, token('abcd')],
    );
    expect(await get()).toBe('abcd');
  });

  test('a failure is reported to all waiting callers, and the next one tries again', async () => {
    const { get, http } = sourceWith(technicalUser, answer(400), token('abcd'));
    const both = await Promise.allSettled([get(), get()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(http.calls).toHaveLength(1);
    expect(await get()).toBe('abcd');
  });

  test('a caller with more time than the first one tries again, and nobody else', async () => {
    const { get, http, limitOf } = sourceWith(technicalUser, answer(503), token('abcd'));
    const [short, long] = await Promise.allSettled([get(limitOf(300, 0.1)), get()]);
    expect(short).toMatchObject({ status: 'rejected', reason: { code: 'timeout' } });
    expect(long).toMatchObject({ status: 'fulfilled', value: 'abcd' });
    expect(http.calls).toHaveLength(2);
  });

  test('a caller with no time left does not', async () => {
    const { get, http, limitOf } = sourceWith(technicalUser, answer(503));
    const over = limitOf(300);
    const both = Promise.allSettled([get(limitOf(300, 0.1)), get(over)]);
    over.end();
    expect(await both).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(http.calls).toHaveLength(1);
  });
});
