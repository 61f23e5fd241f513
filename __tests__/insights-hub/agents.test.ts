import { describe, expect, test } from 'vitest';
import { endAgent, lookUpAgent, lookUpTwice } from '../../src/insights-hub/agents.ts';
import { Secret } from '../../src/secret.ts';
import { answer, start } from './services.ts';

const ID = '9eyf37799b5949099a5287a547f8e001';
const record = { id: ID, mqttClientId: 'mqtt1_a', name: 'a', entityId: 'asset-1' };
const absent = answer(200, { content: [] });
const FIND = 'GET /agentmanagement/agents?filter={"mqttClientId":"mqtt1_a"}';

const present = (assetId: string | undefined) => ({
  kind: 'present',
  agent: { id: ID, clientId: 'mqtt1_a', assetId },
});
const unclear = (found: string) => ({ kind: 'unclear', found });
const several = unclear('several agents');
const unproved = unclear('an agent whose record does not prove that client id');
const unusable = unclear('an agent without a usable id');

describe('looking an agent up', () => {
  test.each<[string, object, object]>([
    ['an empty list', { content: [] }, { kind: 'absent' }],
    ['an empty page', { content: [], totalElements: 0, last: true }, { kind: 'absent' }],
    ['an empty page of several', { content: [], last: false }, several],
    ['an empty page although there are some', { content: [], totalElements: 1 }, several],
    ['one record', { content: [record] }, present('asset-1')],
    ['one of one', { content: [record], totalElements: 1, last: true }, present('asset-1')],
    ['one without an asset', { content: [{ ...record, entityId: undefined }] }, present(undefined)],
    ['one with an odd asset', { content: [{ ...record, entityId: 'a/b' }] }, present(undefined)],
    ['one of two', { content: [record], totalElements: 2 }, several],
    ['one of the first page', { content: [record], last: false }, several],
    ['two', { content: [record, record] }, several],
    ['one of another client id', { content: [{ ...record, mqttClientId: 'mqtt1_b' }] }, unproved],
    [
      'one that is proved by its name alone',
      { content: [{ id: ID, name: 'mqtt1_a' }] },
      present(undefined),
    ],
    ['one that proves nothing', { content: [{ id: ID }] }, unproved],
    ['no record', { content: ['agent'] }, unproved],
    ['one without an id', { content: [{ ...record, id: undefined }] }, unusable],
    ['one with an odd id', { content: [{ ...record, id: '../x' }] }, unusable],
    ['one whose id holds a secret', { content: [{ ...record, id: 'my-sesame-7' }] }, unusable],
  ])('finds %s', async (_, page, sighting) => {
    const { http, services, limit } = start(answer(200, page));
    services.secrets.mask([new Secret('sesame')]);
    expect(await lookUpAgent('mqtt1_a', services, limit)).toEqual(sighting);
    expect(http.calls).toEqual([FIND]);
  });

  const what = 'Looking up the agent with client id mqtt1_a';
  test.each([
    [
      'no list',
      answer(200, { content: 'none' }),
      'response-invalid',
      `${what} got an answer that can't be used.`,
    ],
    [
      'no JSON',
      answer(200, '<html>'),
      'response-invalid',
      `${what} got an answer that can't be used.`,
    ],
    [
      'another success',
      answer(202, { content: [] }),
      'response-invalid',
      `${what} got an answer that can't be used.`,
    ],
    // A 404 proves nothing.
    [
      'a 404',
      answer(404),
      'request-rejected',
      `${what} was rejected. Check the inputs against what the server says.`,
    ],
    [
      'a 403',
      answer(403),
      'forbidden',
      `${what} failed: Insights Hub does not allow it to these credentials. Looking up and ending agents may need more roles than creating them: those of Agent Management (scopes agm.r, agm.d, obc.r, obc.sec) and, for the asset, mdsp:core:assetmanagement.admin is a candidate. Ask an administrator of the tenant.`,
    ],
  ])('fails with %s', async (_, exchange, code, message) => {
    const { services, limit } = start(exchange);
    await expect(lookUpAgent('mqtt1_a', services, limit)).rejects.toMatchObject({ code, message });
  });

  test('tells a token that is refused from other refusals', async () => {
    const { services, limit } = start(answer(401), answer(401));
    await expect(lookUpAgent('mqtt1_a', services, limit)).rejects.toMatchObject({
      code: 'unauthorized',
      message: `${what} failed: Insights Hub did not accept the token. Check that it was issued for this tenant and has not expired: tokens live for about 30 minutes.`,
    });
  });

  test('twice takes 2 s, and one that shows up late for there', async () => {
    const { services, limit, time } = start(absent, answer(200, { content: [record] }));
    expect(await lookUpTwice('mqtt1_a', services, limit)).toEqual(present('asset-1'));
    expect(time.waits).toEqual([2000]);
  });

  test('twice finds it absent when it is so twice', async () => {
    const { services, limit } = start(absent, absent);
    expect(await lookUpTwice('mqtt1_a', services, limit)).toEqual({ kind: 'absent' });
  });

  test('twice is once for an agent that is there', async () => {
    const { http, services, limit } = start(answer(200, { content: [record] }));
    expect(await lookUpTwice('mqtt1_a', services, limit)).toEqual(present('asset-1'));
    expect(http.calls).toHaveLength(1);
  });
});

describe('ending an agent', () => {
  const agent = { id: ID, clientId: 'mqtt1_a', assetId: undefined };
  const offboarded = answer(200, { status: 'NOT_ONBOARDED' });
  const OFFBOARD = `POST /agentmanagement/agents/${ID}/boarding/offboard`;
  const READ = `GET /agentmanagement/agents/${ID}`;
  const DELETE = `DELETE /agentmanagement/agents/${ID}`;

  test('offboards it, reads its tag and deletes it', async () => {
    const { http, services, limit } = start(offboarded, answer(200, { eTag: 3 }), answer(204));
    await endAgent(agent, services, limit);
    expect(http.calls).toEqual([OFFBOARD, READ, DELETE]);
    expect(http.sent[2]?.headers['if-match']).toBe('3');
  });

  test('that is gone is done once the look-up says so too', async () => {
    const { http, services, limit } = start(offboarded, answer(404), absent);
    await endAgent(agent, services, limit);
    expect(http.calls).toEqual([OFFBOARD, READ, FIND]);
  });

  test('that is said to be gone, but is still found, is not done', async () => {
    const { services, limit } = start(offboarded, answer(404), answer(200, { content: [record] }));
    await expect(endAgent(agent, services, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message:
        'Deleting the agent with client id mqtt1_a was answered as if it were not there, but the look-up still finds it. Run this step again later.',
    });
  });
});
