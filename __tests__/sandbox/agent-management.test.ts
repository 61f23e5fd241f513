import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HubEndpoint } from '../../sandbox/faults.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';

type Json = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly body: Json;
}

interface Call {
  readonly method?: string;
  readonly ifMatch?: number | string;
  readonly token?: string;
  readonly body?: string;
}

const agents = 'agentmanagement/v3/agents';
const assets = 'assetmanagement/v3/assets';

let hub: InsightsHub;

beforeEach(async () => {
  hub = await InsightsHub.start();
});

afterEach(async () => {
  await hub.stop();
});

async function call(path: string, options: Call = {}): Promise<Answer> {
  const { method = 'GET', ifMatch, token = hub.issueToken(), body } = options;
  const response = await fetch(`${hub.origin}/api/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(ifMatch !== undefined && { 'if-match': String(ifMatch) }),
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

const find = (path: string, filter: object) =>
  call(`${path}?filter=${encodeURIComponent(JSON.stringify(filter))}`);
const remove = (path: string, ifMatch?: number | string) =>
  call(path, { method: 'DELETE', ...(ifMatch !== undefined && { ifMatch }) });
const offboard = (id: string) => call(`${agents}/${id}/boarding/offboard`, { method: 'POST' });
const statusOf = (id: string) => call(`${agents}/${id}/boarding/status`);

const says = (status: string) => ({ status: 200, body: { status } });
const agentError = (status: number) => ({
  status,
  body: { id: expect.stringMatching(/^[0-9a-f]{32}$/), message: expect.any(String) },
});
const assetError = (status: number) => ({
  status,
  body: { errors: [expect.objectContaining({ code: expect.any(String) })] },
});

/** An agent that has connected, and its asset. */
async function onboarded() {
  const agent = await hub.addAgent('a');
  const asset = hub.connect('mqtt1_a');
  return { agent, asset };
}

describe('agents', () => {
  test('come from a create, with the id that it answers', async () => {
    const { body } = await call('mindconnectmqtt/v3/agentCertificates', {
      method: 'POST',
      body: '{"name":"a"}',
    });
    const agent = hub.agents.get('mqtt1_a');
    expect(body['agentId']).toBe(agent?.id);
    expect(await call(`${agents}/${agent?.id}`)).toEqual({
      status: 200,
      body: {
        id: agent?.id,
        name: 'mqtt1_a',
        securityProfile: 'SHARED_SECRET',
        mqttClientId: 'mqtt1_a',
        eTag: 0,
      },
    });
    expect(await statusOf(agent?.id ?? '')).toEqual(says('NOT_ONBOARDED'));
  });

  test('are made once, however many creates come at a time', async () => {
    const create = () =>
      call('mindconnectmqtt/v3/agentCertificates', { method: 'POST', body: '{"name":"a"}' });
    const answers = await Promise.all([create(), create()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('are found by client id, name and id', async () => {
    const [one, two] = [await hub.addAgent('a'), await hub.addAgent('b', 'other client/id')];
    two.name = 'renamed';
    const idsOf = ({ body }: Answer) => (body['content'] as Json[]).map(({ id }) => id);
    expect(idsOf(await find(agents, { mqttClientId: 'mqtt1_a' }))).toEqual([one.id]);
    expect(idsOf(await find(agents, { mqttClientId: 'other client/id' }))).toEqual([two.id]);
    expect(idsOf(await find(agents, { name: 'renamed' }))).toEqual([two.id]);
    expect(idsOf(await find(agents, { id: one.id }))).toEqual([one.id]);
    expect(idsOf(await find(agents, { id: one.id, name: 'renamed' }))).toEqual([]);
    expect(idsOf(await call(agents))).toEqual([one.id, two.id]);
    expect(await find(agents, { mqttClientId: 'mqtt1' })).toEqual({
      status: 200,
      body: {
        content: [],
        totalElements: 0,
        totalPages: 0,
        size: 20,
        number: 0,
        first: true,
        last: true,
      },
    });
  });

  test.each(['{', '[]', '1', '', '{"owner":"a"}', '{"name":1}'])(
    'are not found by the filter %j',
    async (filter) => {
      const answer = await call(`${agents}?filter=${encodeURIComponent(filter)}`);
      expect(answer).toEqual(agentError(400));
    },
  );

  test('may be told without their client ids, and are found by them all the same', async () => {
    const { agent, asset } = await onboarded();
    hub.tellsClientIds = false;
    const { body } = await find(agents, { mqttClientId: 'mqtt1_a' });
    expect(body['content']).toEqual([
      {
        id: agent.id,
        entityId: asset.id,
        name: 'mqtt1_a',
        securityProfile: 'SHARED_SECRET',
        eTag: 1,
      },
    ]);
  });

  test('are deleted with their tag only, and not while they are onboarded', async () => {
    const { agent } = await onboarded();
    const path = `${agents}/${agent.id}`;
    expect(await remove(path)).toEqual(agentError(400));
    expect(await remove(path, 0)).toEqual(agentError(412));
    expect(await remove(path, 1)).toEqual(agentError(409));
    expect(await offboard(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect(await remove(path, 1)).toEqual(agentError(412));
    expect(hub.agents.size).toBe(1);
    expect(await remove(path, 2)).toEqual({ status: 204, body: {} });
    expect(hub.agents.size).toBe(0);
    expect(await remove(path, 2)).toEqual(agentError(404));
    expect(await offboard(agent.id)).toEqual(agentError(404));
  });

  test('keep their tag when there is nothing to offboard', async () => {
    const agent = await hub.addAgent('a');
    expect(await offboard(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect(agent.eTag).toBe(0);
  });

  test('stay onboarded for as many reads as an offboarding takes', async () => {
    const { agent } = await onboarded();
    hub.offboarding = 2;
    expect(await offboard(agent.id)).toEqual(says('ONBOARDED'));
    expect(await statusOf(agent.id)).toEqual(says('ONBOARDED'));
    // Asking again does not begin again.
    expect(await offboard(agent.id)).toEqual(says('ONBOARDED'));
    expect(await remove(`${agents}/${agent.id}`, 1)).toEqual(agentError(409));
    expect(await statusOf(agent.id)).toEqual(says('ONBOARDED'));
    expect(await statusOf(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect(agent.eTag).toBe(2);
  });

  test('have paths of their own, and no others', async () => {
    const agent = await hub.addAgent('a');
    for (const method of ['PUT', 'POST', 'PATCH']) {
      expect((await call(`${agents}/${agent.id}`, { method })).status).toBe(404);
    }
    const encoded = [...agent.id].map((letter) => `%${letter.charCodeAt(0).toString(16)}`);
    expect((await call(`${agents}/${encoded.join('')}`)).status).toBe(200);
    expect((await call(`${agents}/`)).status).toBe(404);
  });
});

describe('assets', () => {
  test('are made when a device first connects', async () => {
    await hub.addAgent('b');
    const { asset } = await onboarded();
    const record = {
      assetId: asset.id,
      etag: 0,
      externalId: 'mqtt1_a',
      name: 'mqtt1_a',
      typeId: 'core.mcmqtt',
    };
    expect(await call(`${assets}/${asset.id}`)).toEqual({ status: 200, body: record });
    expect(await find(assets, { externalId: 'mqtt1_a' })).toEqual({
      status: 200,
      body: {
        _embedded: { assets: [record] },
        page: { size: 10, totalElements: 1, totalPages: 1, number: 0 },
      },
    });
    expect((await find(assets, { externalId: 'mqtt1_b' })).body['_embedded']).toEqual({
      assets: [],
    });
    expect(await find(assets, { parentId: 'a' })).toEqual(assetError(400));
    expect(hub.connect('mqtt1_a')).toBe(asset);
    expect(() => hub.connect('mqtt1_c')).toThrow();
  });

  test('are deleted with their tag only, and not while their agent is onboarded', async () => {
    const { agent, asset } = await onboarded();
    const path = `${assets}/${asset.id}`;
    asset.etag = 7;
    expect(await remove(path)).toEqual(assetError(400));
    expect(await remove(path, 6)).toEqual(assetError(412));
    const locked = await remove(path, 7);
    expect(locked).toEqual(assetError(409));
    expect(locked.body['errors']).toEqual([
      {
        code: 'agentmanagement.agent.onboarded',
        message: 'Agent is onboarded, cannot delete asset until offboard finished',
        logref: expect.any(String),
      },
    ]);
    await offboard(agent.id);
    expect(await remove(path, 7)).toEqual({ status: 204, body: {} });
    expect(hub.assets.size).toBe(0);
    expect(await remove(path, 7)).toEqual(assetError(404));
    expect(await call(path)).toEqual(assetError(404));
  });
});

describe('every call', () => {
  const calls: readonly (readonly [HubEndpoint, string, string])[] = [
    ['find-agent', 'GET', agents],
    ['read-agent', 'GET', `${agents}/1`],
    ['boarding-status', 'GET', `${agents}/1/boarding/status`],
    ['offboard', 'POST', `${agents}/1/boarding/offboard`],
    ['delete-agent', 'DELETE', `${agents}/1`],
    ['find-asset', 'GET', assets],
    ['read-asset', 'GET', `${assets}/1`],
    ['delete-asset', 'DELETE', `${assets}/1`],
  ];

  test.each(calls)('of %s needs a token and a right', async (endpoint, method, path) => {
    const isAgents = path.startsWith(agents);
    const refused = await call(path, { method, token: 'unknown' });
    if (isAgents) expect(refused).toEqual(agentError(401));
    else expect(refused.body['error']).toBe('token_validation_failed');
    expect(refused.status).toBe(401);
    hub.forbidden.add(endpoint);
    const error = isAgents ? agentError : assetError;
    expect(await call(path, { method })).toEqual(error(403));
    expect(hub.seen(endpoint)).toHaveLength(2);
    hub.faults.push({ at: endpoint, fault: { kind: 'status', status: 412 } });
    expect(await call(path, { method })).toEqual(error(412));
  });

  test('can be answered otherwise, unless it is refused', async () => {
    const agent = await hub.addAgent('a');
    const change = () => ({ status: 'ONBOARDED' });
    hub.faults.push({ at: 'boarding-status', fault: { kind: 'change', change } });
    expect(await statusOf(agent.id)).toEqual(says('ONBOARDED'));
    expect(await statusOf('unknown')).toEqual(agentError(404));
  });
});
