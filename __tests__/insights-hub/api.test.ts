import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServerWords } from '../../src/failure.ts';
import { type ApiCall, insightsHub } from '../../src/insights-hub/api.ts';
import { answer, start, startAs, technicalUser } from './services.ts';

const call: ApiCall = {
  what: 'Reading it',
  method: 'GET',
  api: 'agentmanagement',
  path: 'agents/1',
};
const token = (text: string) => answer(200, { access_token: text });
const tokensOf = (sent: readonly { readonly headers: Readonly<Record<string, string>> }[]) =>
  sent.map(({ headers }) => headers['authorization']);

describe('a call of an API', () => {
  test('carries the token, and nothing that it does not need', async () => {
    const { http, api, limit } = start(answer(200, 'yes'));
    const { url, body } = await api.call(call, limit);
    expect([url.href, body]).toEqual(['https://hub.invalid/agentmanagement/agents/1', 'yes']);
    expect(http.sent).toEqual([
      {
        call: 'GET /agentmanagement/agents/1',
        headers: { authorization: 'Bearer given-token', accept: '*/*' },
        body: undefined,
        signal: limit.signal,
        sentSignal: limit.signal,
      },
    ]);
  });

  test('has a filter, a tag and a body if they are given', async () => {
    const { http, api, limit } = start(answer(200));
    const more = { filter: { mqttClientId: 'a&b' }, ifMatch: '7', body: { name: 'ä' } };
    await api.call({ ...call, method: 'POST', ...more }, limit);
    expect(http.sent).toEqual([
      expect.objectContaining({
        call: 'POST /agentmanagement/agents/1?filter={"mqttClientId":"a&b"}',
        headers: {
          authorization: 'Bearer given-token',
          accept: '*/*',
          'if-match': '7',
          'content-type': 'application/json',
        },
        body: '{"name":"ä"}',
      }),
    ]);
  });

  test('is retried while that may help, unless it says otherwise', async () => {
    const { http, api, limit } = start(answer(503), answer(200), answer(503));
    await api.call(call, limit);
    expect(http.calls).toHaveLength(2);
    const strict: ApiCall = { ...call, method: 'POST', repeat: 'if-unprocessed' };
    await expect(api.call(strict, limit)).rejects.toMatchObject({ code: 'unavailable' });
    expect(http.calls).toHaveLength(3);
  });

  test('is postponed by a 429, or a 403 with Retry-After, together with all later calls', async () => {
    const soon = { 'retry-after': '7' };
    const late = { ...call, quota: 'find-agent' } as const;
    const { http, api, limit, time } = start(
      ...[answer(403, '', soon), answer(200), answer(200)],
      ...[answer(429), answer(200)],
    );
    const waiting = api.call(call, limit);
    await Promise.all([waiting, api.call(call, limit)]);
    expect(time.waits).toEqual([7_000]);
    await api.call(late, limit);
    expect(time.waits).toEqual([7_000, 30_000]);
    expect(http.calls).toHaveLength(5);
  });

  test('waits for a quota without using up its tries, for 10 minutes', async () => {
    const { http, api, limit, time } = start(...Array.from({ length: 21 }, () => answer(429)));
    await expect(api.call(call, limit)).rejects.toMatchObject({
      code: 'rate-limited',
      message: expect.stringContaining('For 10 minutes, the service has asked to retry every call'),
    });
    expect(http.calls).toHaveLength(21);
    expect(time.waits).toEqual(Array.from({ length: 20 }, () => 30_000));
  });

  test('shares a quota only with calls of its kind', async () => {
    const { api, limit, time } = start(...Array.from({ length: 12 }, () => answer(200)));
    for (let times = 0; times < 5; times++) {
      await api.call({ ...call, quota: 'delete-certificate' }, limit);
    }
    await api.call({ ...call, quota: 'find-agent' }, limit);
    await api.call(call, limit);
    expect(time.waits).toEqual([]);
    await api.call({ ...call, quota: 'delete-certificate' }, limit);
    expect(time.waits).toEqual([30_000]);
  });
});

describe('a token', () => {
  test('is shared by all calls, and may be fetched before the first one', async () => {
    const { http, api, limit, masked } = startAs(
      technicalUser,
      token('abcd'),
      answer(200),
      answer(200),
    );
    await api.authenticate(limit);
    expect(masked).toEqual(['abcd']);
    await api.call(call, limit);
    await api.call(call, limit);
    expect(tokensOf(http.sent)).toEqual(['Basic aWQ6c2VjcmV0', 'Bearer abcd', 'Bearer abcd']);
  });

  test('that can’t be fetched is reported immediately', async () => {
    const { api, limit } = startAs(technicalUser, answer(401));
    await expect(api.authenticate(limit)).rejects.toMatchObject({ code: 'token-rejected' });
  });

  test('is refreshed if waiting for a turn took longer than it lives', async () => {
    const shortLived = (text: string) => answer(200, { access_token: text, expires_in: 80 });
    const { http, api, limit } = startAs(
      technicalUser,
      ...[shortLived('old-one'), answer(429), shortLived('new-one'), answer(200, 'yes')],
    );
    expect(await api.call({ ...call, quota: 'create' }, limit)).toMatchObject({ body: 'yes' });
    const basic = 'Basic aWQ6c2VjcmV0';
    expect(tokensOf(http.sent)).toEqual([basic, 'Bearer old-one', basic, 'Bearer new-one']);
  });

  test('is refreshed when it is rejected', async () => {
    const { http, api, limit } = startAs(
      technicalUser,
      token('old-one'),
      answer(401),
      token('new-one'),
      answer(200, 'yes'),
    );
    expect(await api.call(call, limit)).toMatchObject({ body: 'yes' });
    const basic = 'Basic aWQ6c2VjcmV0';
    expect(tokensOf(http.sent)).toEqual([basic, 'Bearer old-one', basic, 'Bearer new-one']);
  });

  test('finally fails when the refreshed one is rejected as well', async () => {
    const { http, api, limit } = startAs(
      technicalUser,
      ...[token('old-one'), answer(401), token('new-one'), answer(401)],
    );
    await expect(api.call(call, limit)).rejects.toMatchObject({ call: { status: 401 } });
    expect(http.calls).toHaveLength(4);
  });

  test('finally fails when it was given', async () => {
    const { http, api, limit } = start(answer(401));
    await expect(api.call(call, limit)).rejects.toMatchObject({ call: { status: 401 } });
    expect(http.calls).toHaveLength(1);
  });

  test('is not refreshed for a job that was cancelled, nor after any other rejection', async () => {
    const { http, api, limit, cancel } = startAs(
      technicalUser,
      ...[token('abcd'), answer(403), answer(401)],
    );
    await expect(api.call(call, limit)).rejects.toMatchObject({ call: { status: 403 } });
    http.onSend = () => cancel.abort();
    await expect(api.call(call, limit)).rejects.toMatchObject({ call: { status: 401 } });
    expect(http.calls).toHaveLength(3);
  });
});

describe('an error body is read:', () => {
  const read = (body: string) =>
    insightsHub.readError({
      ...{ method: 'GET', url: new URL('https://hub.invalid'), status: 400, headers: {} },
      body,
    });
  const LOGREF = '0123456789abcdef0123456789abcdef';
  const GENERIC = { code: 'mdsp.core.generic.conflict', logref: LOGREF, message: 'No.' };
  const rows: readonly (readonly [string, unknown, ServerWords])[] = [
    [
      'errors of the IoT services',
      { errors: [{ code: 'mdsp.core.x', logref: LOGREF, message: 'No.' }] },
      { code: 'mdsp.core.x', reference: LOGREF, message: 'No.' },
    ],
    [
      'the same with an errorcode',
      { errors: [{ errorcode: '5012', logref: LOGREF, message: 'No.' }] },
      { code: '5012', reference: LOGREF, message: 'No.' },
    ],
    [
      'the same with both codes',
      { errors: [{ errorcode: '5012', code: 'mdsp.core.x' }] },
      { code: 'mdsp.core.x' },
    ],
    [
      'the first of several errors',
      { errors: [{ message: 'First.' }, { message: 'Second.' }] },
      { message: 'First.' },
    ],
    [
      'a generic code with parameters, in a list',
      { errors: [{ ...GENERIC, messageParameters: [{ name: 'name', value: 'a' }] }] },
      { code: 'mdsp.core.generic.conflict', reference: LOGREF, message: 'No.' },
    ],
    [
      'a generic code with parameters, at the top',
      { ...GENERIC, messageParameters: [{ name: 'name', value: 'a' }] },
      { code: 'mdsp.core.generic.conflict', reference: LOGREF, message: 'No.' },
    ],
    [
      'errors of Agent Management',
      { id: LOGREF, message: 'No such agent.' },
      { reference: LOGREF, message: 'No such agent.' },
    ],
    [
      'errors of the identity service behind an API',
      { id: LOGREF, error: 'forbidden', error_description: 'No scope.' },
      { code: 'forbidden', reference: LOGREF, message: 'No scope.' },
    ],
    [
      'errors of OAuth and the gateway',
      { error: 'unauthorized', error_description: 'Bad credentials' },
      { code: 'unauthorized', message: 'Bad credentials' },
    ],
    [
      'a token that the gateway rejects',
      { error: 'token_validation_failed', error_description: `Token is expired [${LOGREF}]` },
      { code: 'token_validation_failed', message: `Token is expired [${LOGREF}]` },
    ],
    [
      'a message alone',
      { message: 'API rate limit exceeded' },
      { message: 'API rate limit exceeded' },
    ],
    ['no errors in a list', { errors: [], message: 'No.' }, { message: 'No.' }],
    ['a list of something else', { errors: ['no', null], error: 'e' }, { code: 'e' }],
    ['errors that are not a list', { errors: { message: 'x' }, id: 'i' }, { reference: 'i' }],
    ['nothing of other types', { error: 5, message: ['x'], id: { a: 1 } }, {}],
    ['nothing of empty texts', { error: '', message: '', id: '' }, {}],
    ['nothing of other objects', { status: 'READY' }, {}],
    ['nothing of lists', [{ message: 'x' }], {}],
  ];
  test.each(rows)('%s', (_, body, words) => {
    expect(read(JSON.stringify(body))).toEqual(words);
  });

  test.each([
    '',
    '<html><h1>502</h1></html>',
    'no healthy upstream',
    'null',
    '"text"',
    '{"error":',
  ])('but not from %o', (body) => {
    expect(read(body)).toEqual({});
  });

  test('without throwing, whatever it is, and only as text', () => {
    const name = fc.constantFrom('errors', 'code', 'errorcode', 'error', 'message', 'id', 'logref');
    const value = fc.jsonValue({ maxDepth: 2 });
    const few = { maxKeys: 4 };
    const error = fc.dictionary(name, value, few);
    const object = fc.dictionary(name, fc.oneof(value, fc.array(error, { maxLength: 3 })), few);
    const body = fc.oneof(
      object.map((fields) => JSON.stringify(fields)),
      fc.json(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(body, (text) => {
        const words = read(text);
        for (const [field, word] of Object.entries(words)) {
          expect(['code', 'message', 'reference']).toContain(field);
          if (word === undefined) continue;
          expect(word).toBeTypeOf('string');
          expect(word).not.toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('but not from an answer that is nested too deeply', () => {
    expect(read('{"errors":['.repeat(90_000))).toEqual({});
  });
});
