import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/http/exchange.ts';
import type { Credentials } from '../../src/insights-hub/credentials.ts';
import { tokenSource } from '../../src/insights-hub/tokens.ts';
import { Secret } from '../../src/secret.ts';
import { answer, broken, endpoints, noAnswer, start } from './services.ts';

const user: Credentials = { kind: 'technical-user', basic: new Secret('aWQ6c2VjcmV0') };
const application: Credentials = {
  kind: 'application',
  basic: new Secret('aWQ6c2VjcmV0'),
  appName: 'builder',
  appVersion: 'v1',
  hostTenant: 'operator',
};

const token = (text: string, more: object = {}) =>
  answer(200, { access_token: text, token_type: 'Bearer', ...more });

function sourceWith(credentials: Credentials, ...script: readonly Exchange[]) {
  const started = start(...script);
  const source = tokenSource(credentials, endpoints, started.services);
  const get = async (limit = started.limit) => (await source.get(limit)).reveal();
  return { ...started, source, get };
}

describe('a token', () => {
  test('that was given is used as it is, for ever', async () => {
    const given = new Secret('given-token');
    const { source, get, http } = sourceWith({ kind: 'token', token: given });
    expect(await get()).toBe('given-token');
    source.discard(given);
    expect(await get()).toBe('given-token');
    expect(source.renewable).toBe(false);
    expect(http.calls).toEqual([]);
  });

  test("comes from the tenant's authorization server for a technical user", async () => {
    const { source, get, http, masked } = sourceWith(user, token('token-1'));
    expect(await get()).toBe('token-1');
    expect(source.renewable).toBe(true);
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

  test('serves all that ask for it, also at the same time', async () => {
    const { get, http } = sourceWith(user, token('token-1'));
    expect(await Promise.all([get(), get(), get()])).toEqual(['token-1', 'token-1', 'token-1']);
    expect(await get()).toBe('token-1');
    expect(http.calls).toHaveLength(1);
  });

  test('is fetched anew when it has less than a minute left, counted from the asking', async () => {
    const { get, http, time } = sourceWith(
      user,
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
    const { get } = sourceWith(user, token('token-1', short), token('token-2', short));
    expect([await get(), await get()]).toEqual(['token-1', 'token-2']);
  });

  test('is fetched anew after it was refused, but not for one that was refused before', async () => {
    const { source, limit, get } = sourceWith(user, token('token-1'), token('token-2'));
    const first = await source.get(limit);
    source.discard(first);
    expect(await get()).toBe('token-2');
    source.discard(first);
    expect(await get()).toBe('token-2');
  });
});

describe('an answer to the token request', () => {
  test.each<[string, object]>([
    ['without a type', { access_token: '!~ab' }],
    ['of type bearer', { access_token: '!~ab', token_type: 'bearer' }],
    ['of type BEARER', { access_token: '!~ab', token_type: 'BEARER' }],
    ['with a lifetime in words', { access_token: '!~ab', expires_in: 'long' }],
  ])('is used: one %s', async (_, body) => {
    const { get } = sourceWith(user, answer(200, body));
    expect([await get(), await get()]).toEqual(['!~ab', '!~ab']);
  });

  test.each<[string, unknown, readonly string[]]>([
    ['no JSON', '<html>', []],
    ['an empty body', '', []],
    ['no token', { token_type: 'Bearer' }, []],
    ['a token that is no text', { access_token: 12345 }, []],
    ['a token of three characters', { access_token: 'abc' }, []],
    ['a token with a space, which is masked all the same', { access_token: 'a bc' }, ['a bc']],
    ['a token that is not ASCII', { access_token: 'abcä' }, ['abcä']],
    ['another type of token', { access_token: 'abcd', token_type: 'mac' }, ['abcd']],
    ['a type that is no text', { access_token: 'abcd', token_type: 5 }, ['abcd']],
  ])('is refused: %s', async (_, body, masks) => {
    const { get, masked } = sourceWith(user, answer(200, body));
    await expect(get()).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        'The answer to the token request holds no Bearer token. Check that `token-url` or `api-url` leads to a token endpoint.',
      call: { method: 'POST', status: 200, said: {} },
    });
    expect(masked).toEqual(masks);
  });
});

describe('without a token', () => {
  const refused =
    'The token endpoint did not accept the credentials. Check `oauth-client-id`, `oauth-client-secret` and `tenant`; for application credentials also `app-name`, `app-version` and `host-tenant`.';
  test.each([
    [answer(400), 'token-rejected', refused],
    [
      answer(401),
      'token-rejected',
      `${refused} Note that "service credentials" from Insights Hub's Settings app are for Cloud Foundry only and don't work here; a technical user's do.`,
    ],
    [answer(403), 'token-rejected', refused],
    [
      answer(404),
      'request-rejected',
      'The token request was rejected. Check the inputs against what the server says.',
    ],
    [
      broken(200, 'too-large'),
      'response-invalid',
      "The token request got an answer that can't be used.",
    ],
  ])('%j is %s', async (exchange, code, message) => {
    const { get, http } = sourceWith(user, exchange);
    await expect(get()).rejects.toMatchObject({
      code,
      message,
      call: { status: exchange.kind === 'no-answer' ? 0 : exchange.status },
    });
    expect(http.calls).toHaveLength(1);
  });

  test('what passes is tried again', async () => {
    const { get } = sourceWith(
      user,
      noAnswer(true),
      answer(503),
      broken(200, 'cut-off'),
      token('abcd'),
    );
    expect(await get()).toBe('abcd');
  });

  test('a failure is told to all that wait, and the next one tries again', async () => {
    const { get, http } = sourceWith(user, answer(400), token('abcd'));
    const both = await Promise.allSettled([get(), get()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(http.calls).toHaveLength(1);
    expect(await get()).toBe('abcd');
  });

  test('who has more time than the one who asked tries again, and nobody else', async () => {
    const { get, http, limitOf } = sourceWith(user, answer(503), token('abcd'));
    const [short, long] = await Promise.allSettled([get(limitOf(0.1)), get()]);
    expect(short).toMatchObject({ status: 'rejected', reason: { code: 'timeout' } });
    expect(long).toMatchObject({ status: 'fulfilled', value: 'abcd' });
    expect(http.calls).toHaveLength(2);
  });

  test('who has no time left does not', async () => {
    const { get, http, limitOf } = sourceWith(user, answer(503));
    const over = limitOf(1);
    const both = Promise.allSettled([get(limitOf(0.1)), get(over)]);
    over.end();
    expect(await both).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(http.calls).toHaveLength(1);
  });
});
