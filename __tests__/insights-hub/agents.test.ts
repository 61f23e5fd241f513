import { describe, expect, test, vi } from 'vitest';
import type { Failure } from '../../src/failure.ts';
import {
  type AgentRecord,
  deleteAgent,
  findAgent,
  findAgentTwice,
  UnclearAgent,
} from '../../src/insights-hub/agents.ts';
import { Secret } from '../../src/secret.ts';
import { answer, cutShort, noAnswer, type Reply, start } from './services.ts';

const ID = '9eyf37799b5949099a5287a547f8e001';
const record = { id: ID, mqttClientId: 'mqtt1_a', name: 'a', entityId: 'asset-1' };
const absent = answer(200, { content: [] });
const present = answer(200, { content: [record] });
const FIND = 'GET /agentmanagement/agents?filter={"mqttClientId":"mqtt1_a"}';

const foundWith = (assetId: string | undefined) => ({ id: ID, clientId: 'mqtt1_a', assetId });

describe('looking an agent up', () => {
  const look = async (reply: Reply) => {
    const { http, api, secrets, limit } = start(reply);
    secrets.mask([new Secret('sesame')]);
    const found = await findAgent('mqtt1_a', api, limit);
    expect(http.calls).toEqual([FIND]);
    return found;
  };

  test.each<[string, object, AgentRecord | undefined]>([
    ['an empty list', { content: [] }, undefined],
    ['an empty page', { content: [], totalElements: 0, last: true }, undefined],
    ['one record', { content: [record] }, foundWith('asset-1')],
    ['one of one', { content: [record], totalElements: 1, last: true }, foundWith('asset-1')],
    ['no asset', { content: [{ ...record, entityId: undefined }] }, foundWith(undefined)],
    ['an odd asset', { content: [{ ...record, entityId: 'a/b' }] }, foundWith(undefined)],
    ['the name as proof', { content: [{ id: ID, name: 'mqtt1_a' }] }, foundWith(undefined)],
    ['a tag', { content: [{ ...record, eTag: 3 }] }, { ...foundWith('asset-1'), tag: '3' }],
    ["a tag that can't be sent", { content: [{ ...record, eTag: 'a b' }] }, foundWith('asset-1')],
  ])('reads %s', async (_, page, found) => {
    expect(await look(answer(200, page))).toEqual(found);
  });

  const several = 'several agents';
  const unproved = 'an agent whose record does not prove that client id';
  const unusable = 'an agent without a usable id';
  test.each<[string, object, string]>([
    ['an empty page of several', { content: [], last: false }, several],
    ['an empty page although there are some', { content: [], totalElements: 1 }, several],
    ['one of two', { content: [record], totalElements: 2 }, several],
    ['one of the first page', { content: [record], last: false }, several],
    ['two', { content: [record, record] }, several],
    ['one of another client id', { content: [{ ...record, mqttClientId: 'mqtt1_b' }] }, unproved],
    ['one that proves nothing', { content: [{ id: ID }] }, unproved],
    ['no record', { content: ['agent'] }, unproved],
    ['one without an id', { content: [{ ...record, id: undefined }] }, unusable],
    ['one with an odd id', { content: [{ ...record, id: '../x' }] }, unusable],
    ['one whose id contains a secret', { content: [{ ...record, id: 'my-sesame-7' }] }, unusable],
  ])('is unclear with %s', async (_, page, found) => {
    const failure = await look(answer(200, page)).catch((error: Failure) => error);
    expect(failure).toBeInstanceOf(UnclearAgent);
    const message = `The look-up of client id mqtt1_a found ${found}.`;
    expect(failure).toMatchObject({ code: 'response-invalid', message, found });
  });

  const what = 'Looking up the agent with client id mqtt1_a';
  const useless = `${what} got an answer that can't be used.`;
  test.each([
    ['no list', answer(200, { content: 'none' }), 'response-invalid', useless],
    ['no JSON', answer(200, '<html>'), 'response-invalid', useless],
    ['another success', answer(202, { content: [] }), 'response-invalid', useless],
    [
      'a 404, which proves nothing',
      answer(404),
      'request-rejected',
      `${what} was rejected. Check the inputs against the server's message.`,
    ],
    [
      'a 403',
      answer(403),
      'forbidden',
      `${what} failed: Insights Hub does not allow this with these credentials. Looking up and deleting agents may need more roles than creating them: those of Agent Management (scopes agm.r, agm.d, obc.r, obc.sec) and, for the asset, perhaps mdsp:core:assetmanagement.admin. Ask an administrator of the tenant. Also check that no proxy removes the Authorization header: without a token, the answer can be the same.`,
    ],
    [
      'a token that is rejected',
      answer(401),
      'unauthorized',
      `${what} failed: Insights Hub rejected the token. Check that it was issued for this tenant and has not expired: tokens are valid for about 30 minutes.`,
    ],
  ])('fails with %s', async (_, reply, code, message) => {
    const failure = await look(reply).catch((error: Failure) => error);
    expect(failure).toMatchObject({ code, message });
    expect(failure).not.toBeInstanceOf(UnclearAgent);
  });

  test('twice takes 2 s, for an agent that shows up a moment later', async () => {
    const { api, limit, time } = start(absent, present);
    expect(await findAgentTwice('mqtt1_a', api, limit)).toEqual(foundWith('asset-1'));
    expect(time.waits).toEqual([2000]);
  });

  test('twice finds it absent if both look-ups do', async () => {
    const { http, api, limit } = start(absent, absent);
    expect(await findAgentTwice('mqtt1_a', api, limit)).toBeUndefined();
    expect(http.calls).toEqual([FIND, FIND]);
  });

  test('twice takes one look-up for an agent that exists', async () => {
    const { http, api, limit } = start(present);
    expect(await findAgentTwice('mqtt1_a', api, limit)).toEqual(foundWith('asset-1'));
    expect(http.calls).toEqual([FIND]);
  });
});

const agent = foundWith(undefined);
const isStatus = (status: string) => answer(200, { status });
const done = isStatus('NOT_ONBOARDED');
const onboarded = isStatus('ONBOARDED');
const OFFBOARD = `POST /agentmanagement/agents/${ID}/boarding/offboard`;
const STATUS = `GET /agentmanagement/agents/${ID}/boarding/status`;
const READ = `GET /agentmanagement/agents/${ID}`;
const DELETE = `DELETE /agentmanagement/agents/${ID}`;

describe('deleting an agent', () => {
  const found = { ...agent, tag: '3' };

  test('offboards it, and deletes it with the tag of its look-up', async () => {
    const { http, api, limit } = start(done, answer(204));
    await deleteAgent(found, api, limit);
    expect(http.calls).toEqual([OFFBOARD, DELETE]);
    expect(http.sent[1]?.headers['if-match']).toBe('3');
  });

  test('reads its tag if the look-up returned none', async () => {
    const { http, api, limit } = start(done, answer(200, { eTag: 3 }), answer(204));
    await deleteAgent(agent, api, limit);
    expect(http.calls).toEqual([OFFBOARD, READ, DELETE]);
    expect(http.sent[2]?.headers['if-match']).toBe('3');
  });

  test('reads its tag if it has changed', async () => {
    const { http, api, limit } = start(done, answer(412), answer(200, { eTag: 4 }), answer(204));
    await deleteAgent(found, api, limit);
    expect(http.calls).toEqual([OFFBOARD, DELETE, READ, DELETE]);
    expect(http.sent[3]?.headers['if-match']).toBe('4');
  });

  test('keeps to the quotas of look-ups and of deletes', async () => {
    const { quotas, api, limit } = start(present, done, answer(200, { eTag: 3 }), answer(204));
    const kinds: string[] = [];
    for (const [kind, quota] of Object.entries(quotas)) {
      const turn = quota.turn.bind(quota);
      vi.spyOn(quota, 'turn').mockImplementation((...given) => {
        kinds.push(kind);
        return turn(...given);
      });
    }
    await findAgent('mqtt1_a', api, limit);
    await deleteAgent(agent, api, limit);
    expect(kinds).toEqual(['find-agent', 'other', 'find-agent', 'delete-agent']);
  });

  test.each([
    ['once its tag is read', agent, [OFFBOARD, READ, FIND]],
    ['once it is deleted', found, [OFFBOARD, DELETE, FIND]],
  ])('that no longer exists %s succeeds once the look-up confirms it', async (_, given, calls) => {
    for (const status of [404, 410]) {
      const { http, api, limit } = start(done, answer(status), absent);
      await deleteAgent(given, api, limit);
      expect(http.calls).toEqual(calls);
    }
  });

  test.each([
    ['is still found', present],
    ['may still be there', answer(200, { content: [record, record] })],
  ])('that is said not to exist, but %s, does not succeed', async (_, reply) => {
    const { api, limit } = start(done, answer(404), reply);
    await expect(deleteAgent(agent, api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message:
        'Insights Hub answered that the agent with client id mqtt1_a does not exist, but the look-up still finds it. Run this step again later.',
    });
  });

  test('that is said not to exist reports why it can’t be looked up', async () => {
    const { api, limit } = start(done, answer(404), answer(403));
    await expect(deleteAgent(agent, api, limit)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('offboarding', () => {
  test.each<[string, readonly Reply[], readonly string[]]>([
    ['that finishes immediately', [done], [OFFBOARD]],
    ['of an agent that has no boarding', [answer(404)], [OFFBOARD]],
    ['of an agent that has no boarding any more', [answer(410)], [OFFBOARD]],
    ['that takes a while', [onboarded, onboarded, done], [OFFBOARD, STATUS, STATUS]],
    ['that is answered without a status', [answer(204), done], [OFFBOARD, STATUS]],
    [
      'of an agent whose boarding is gone in the meantime',
      [onboarded, answer(404)],
      [OFFBOARD, STATUS],
    ],
    ['rejected, because there is nothing to offboard', [answer(400), done], [OFFBOARD, STATUS]],
    ['rejected because of its state', [answer(422), done], [OFFBOARD, STATUS]],
    [
      'rejected, because it is in progress',
      [answer(409), onboarded, done],
      [OFFBOARD, STATUS, STATUS],
    ],
  ])('%s', async (_, script, calls) => {
    const { http, api, limit } = start(...script, answer(404), absent);
    await deleteAgent(agent, api, limit);
    expect(http.calls).toEqual([...calls, READ, FIND]);
  });

  const what = 'Offboarding the agent with client id mqtt1_a';
  const rejected = `${what} was rejected. Check the inputs against the server's message.`;
  const reading = 'Reading whether the agent with client id mqtt1_a is onboarded';
  test.each<[string, readonly Reply[], string, string]>([
    [
      'a rejection for an agent that is onboarded',
      [answer(400), onboarded],
      'request-rejected',
      rejected,
    ],
    ['another rejection', [answer(405)], 'request-rejected', rejected],
    [
      'a status that is not JSON',
      [onboarded, answer(200, 'x')],
      'response-invalid',
      `${reading} got an answer that can't be used.`,
    ],
  ])('fails with %s', async (_, script, code, message) => {
    const { api, limit } = start(...script);
    await expect(deleteAgent(agent, api, limit)).rejects.toMatchObject({ code, message });
  });

  test.each([
    ['no answer', noAnswer({ sent: true })],
    ['half an answer', cutShort],
  ])('fails when time runs out, after %s', async (_, reply) => {
    const { http, api, limit } = start(reply);
    http.onSend = () => limit.end();
    await expect(deleteAgent(agent, api, limit)).rejects.toMatchObject({ code: 'timeout' });
  });

  const stays = (status: string) =>
    `The agent with client id mqtt1_a is still ${status} after the request to offboard it, so it was not deleted. Disconnect the device, then run this step again.`;

  test.each([
    ['ONBOARDED', 'ONBOARDED'],
    ['ONBOARDING', 'ONBOARDING'],
    ['::error::x', 'not offboarded'],
  ])('waits longer and longer, a minute at most, while the status is %s', async (status, shown) => {
    const { http, api, limit, time } = start(...Array.from({ length: 20 }, () => isStatus(status)));
    await expect(deleteAgent(agent, api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message: stays(shown),
    });
    const waits = [500, 1000, 2000, 4000, ...Array.from({ length: 10 }, () => 5000)];
    expect(time.waits).toEqual(waits);
    expect(http.calls).toHaveLength(1 + waits.length);
  });

  test('waits no longer than there is time', async () => {
    const { api, limitOf, time } = start(onboarded);
    await expect(deleteAgent(agent, api, limitOf(300, 0.5))).rejects.toMatchObject({
      code: 'not-ended',
      message: stays('ONBOARDED'),
    });
    expect(time.waits).toEqual([]);
  });

  test('stops with a job that is cancelled', async () => {
    const { http, api, limit, clock, cancel } = start(onboarded);
    clock.sleep = async () => cancel.abort();
    await expect(deleteAgent(agent, api, limit)).rejects.toMatchObject({
      code: 'cancelled',
      message: `The job was cancelled. ${what} was abandoned.`,
    });
    expect(http.calls).toEqual([OFFBOARD]);
  });
});
