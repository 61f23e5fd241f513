import { describe, expect, test } from 'vitest';
import { apiServices } from '../../src/insights-hub/api-services.ts';
import { type ApiCall, callApi } from '../../src/insights-hub/call.ts';
import { Secret } from '../../src/secret.ts';
import { answer, endpoints, start } from './services.ts';

const call: ApiCall = { method: 'GET', api: 'agentmanagement', path: 'agents/1' };
const tokensOf = (sent: readonly { readonly headers: Readonly<Record<string, string>> }[]) =>
  sent.map(({ headers }) => headers['authorization']);

describe('a call of an API', () => {
  test('carries the token, and nothing that it does not need', async () => {
    const { http, services, limit } = start(answer(200));
    const { request, outcome } = await callApi(call, services, limit);
    expect(outcome).toEqual({ exchange: answer(200), ended: false, mayHaveActed: true });
    expect(request.url.href).toBe('https://hub.invalid/agentmanagement/agents/1');
    expect(http.sent).toEqual([
      {
        call: 'GET /agentmanagement/agents/1',
        headers: { authorization: 'Bearer token-1', accept: 'application/json' },
        body: undefined,
        signals: [limit.signal, limit.signal],
      },
    ]);
  });

  test('has a filter, a tag and a body where they are given', async () => {
    const { http, services, limit } = start(answer(200));
    const more = { filter: { mqttClientId: 'a&b' }, ifMatch: '7', body: { name: 'ä' } };
    await callApi({ ...call, method: 'POST', ...more }, services, limit);
    expect(http.sent).toEqual([
      expect.objectContaining({
        call: 'POST /agentmanagement/agents/1?filter={"mqttClientId":"a&b"}',
        headers: {
          authorization: 'Bearer token-1',
          accept: 'application/json',
          'if-match': '7',
          'content-type': 'application/json',
        },
        body: '{"name":"ä"}',
      }),
    ]);
  });

  test('is sent again while that may help, unless its policy says otherwise', async () => {
    const first = start(answer(503), answer(200));
    const { outcome } = await callApi(call, first.services, first.limit);
    expect(outcome.exchange).toEqual(answer(200));
    const second = start(answer(503));
    const policy = { mayRepeat: () => false };
    await callApi(call, second.services, second.limit, policy);
    expect(second.http.calls).toHaveLength(1);
  });

  test('waits its turn', async () => {
    const { services, limit, time } = start(answer(200));
    services.pace.slowDown(700);
    await callApi(call, services, limit);
    expect(time.waits).toEqual([700]);
  });
});

describe('a refused token', () => {
  test('is replaced by a fresh one, once', async () => {
    const { http, services, limit } = start(answer(401), answer(200));
    const { outcome } = await callApi(call, services, limit);
    expect(outcome.exchange).toEqual(answer(200));
    expect(tokensOf(http.sent)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('is the end when the fresh one is refused as well', async () => {
    const { http, services, limit } = start(answer(401), answer(401));
    const { outcome } = await callApi(call, services, limit);
    expect(outcome.exchange).toEqual(answer(401));
    expect(http.calls).toHaveLength(2);
  });

  test('is the end when it was given', async () => {
    const { http, services, limit } = start(answer(401));
    const tokens = { ...services.tokens, renewable: false };
    const { outcome } = await callApi(call, { ...services, tokens }, limit);
    expect(outcome.exchange).toEqual(answer(401));
    expect(http.calls).toHaveLength(1);
  });

  test('is the end of a job that was cancelled', async () => {
    const { http, services, limit, cancel } = start(answer(401));
    http.onSend = () => cancel.abort();
    await callApi(call, services, limit);
    expect(http.calls).toHaveLength(1);
  });

  test('is not what other refusals mean', async () => {
    const { http, services, limit } = start(answer(403));
    await callApi(call, services, limit);
    expect(http.calls).toHaveLength(1);
  });
});

test('the services of a tenant share a token and a pace', async () => {
  const { services, limit, clock, http, time } = start(
    answer(200, { access_token: 'abcd' }),
    answer(200),
    answer(200),
  );
  const { secrets } = services;
  const basic = new Secret('aWQ6c2VjcmV0');
  const shared = apiServices({ kind: 'technical-user', basic }, endpoints, {
    http,
    clock,
    secrets,
  });
  await callApi(call, shared, limit);
  shared.pace.slowDown(700);
  await callApi(call, shared, limit);
  expect(tokensOf(http.sent)).toEqual(['Basic aWQ6c2VjcmV0', 'Bearer abcd', 'Bearer abcd']);
  expect(time.waits).toEqual([700]);
});
