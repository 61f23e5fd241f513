import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HubEndpoint } from '../../sandbox/faults.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { type Answer, agents, assets, Calls, certificates, type Json } from './calls.ts';

let hub: InsightsHub;
let calls: Calls;

beforeEach(async () => {
  hub = await InsightsHub.start();
  calls = new Calls(hub);
});

afterEach(async () => {
  await hub.stop();
});

const says = (status: string) => ({ status: 200, body: { status } });
const agentError = (status: number) => ({
  status,
  body: { id: expect.stringMatching(/^[0-9a-f]{32}$/), message: expect.any(String) },
});
const serviceError = (status: number) => ({
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
  test('come from a create, with the id that it returns', async () => {
    const { body } = await calls.create('a');
    const agent = hub.agents.get('mqtt1_a');
    expect(body['agentId']).toBe(agent?.id);
    expect(await calls.call(`${agents}/${agent?.id}`)).toEqual({
      status: 200,
      body: {
        id: agent?.id,
        name: 'mqtt1_a',
        securityProfile: 'SHARED_SECRET',
        mqttClientId: 'mqtt1_a',
        eTag: 0,
      },
    });
    expect(await calls.statusOf(agent?.id ?? '')).toEqual(says('NOT_ONBOARDED'));
  });

  test('are created once, even by several creates at the same time', async () => {
    const answers = await Promise.all([calls.create('a'), calls.create('a')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('are found by client id, name and id', async () => {
    const [one, two] = [await hub.addAgent('a'), await hub.addAgent('b', 'other client/id')];
    two.name = 'renamed';
    const idsOf = ({ body }: Answer) => (body['content'] as Json[]).map(({ id }) => id);
    expect(idsOf(await calls.find(agents, { mqttClientId: 'mqtt1_a' }))).toEqual([one.id]);
    expect(idsOf(await calls.find(agents, { mqttClientId: 'other client/id' }))).toEqual([two.id]);
    expect(idsOf(await calls.find(agents, { name: 'renamed' }))).toEqual([two.id]);
    expect(idsOf(await calls.find(agents, { id: one.id }))).toEqual([one.id]);
    expect(idsOf(await calls.find(agents, { id: one.id, name: 'renamed' }))).toEqual([]);
    expect(idsOf(await calls.call(agents))).toEqual([one.id, two.id]);
    expect(await calls.find(agents, { mqttClientId: 'mqtt1' })).toEqual({
      status: 200,
      body: {
        content: [],
        totalElements: 0,
        totalPages: 0,
        numberOfElements: 0,
        size: 20,
        number: 0,
        first: true,
        last: true,
        sort: [],
      },
    });
  });

  test.each(['{', '[]', '1', '', '{"owner":"a"}', '{"name":1}'])(
    'are not found by the filter %j',
    async (filter) => {
      const answer = await calls.call(`${agents}?filter=${encodeURIComponent(filter)}`);
      expect(answer).toEqual(agentError(400));
    },
  );

  test('can be returned without their client ids, and are still found by them', async () => {
    const { agent, asset } = await onboarded();
    hub.tellsClientIds = false;
    const { body } = await calls.find(agents, { mqttClientId: 'mqtt1_a' });
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

  test('are deleted only with their tag, and not while they are onboarded', async () => {
    hub.offboardingChangesTag = true;
    const { agent } = await onboarded();
    const path = `${agents}/${agent.id}`;
    expect(await calls.remove(path)).toEqual(agentError(400));
    expect(await calls.remove(path, 0)).toEqual(agentError(412));
    expect(await calls.remove(path, 1)).toEqual(agentError(409));
    expect(await calls.offboard(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect(await calls.remove(path, 1)).toEqual(agentError(412));
    expect(hub.agents.size).toBe(1);
    expect(await calls.remove(path, 2)).toEqual({ status: 204, body: {} });
    expect(hub.agents.size).toBe(0);
    expect(await calls.remove(path, 2)).toEqual(agentError(404));
    expect(await calls.offboard(agent.id)).toEqual(agentError(404));
  });

  test('keep their tag when they are offboarded', async () => {
    const { agent } = await onboarded();
    const { body } = await calls.find<{ readonly content: readonly Json[] }>(agents, {});
    expect(body.content).toEqual([expect.objectContaining({ eTag: 1 })]);
    expect(await calls.offboard(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect((await calls.remove(`${agents}/${agent.id}`, 1)).status).toBe(204);
  });

  test('keep their tag when there is nothing to offboard', async () => {
    hub.offboardingChangesTag = true;
    const agent = await hub.addAgent('a');
    expect(await calls.offboard(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect(agent.eTag).toBe(0);
  });

  test('come in pages, in the requested order', async () => {
    const pair = await hub.authority.issue();
    for (const name of ['b', 'c', 'a']) await hub.addAgent(name, name, pair);
    const page = async (query: string) => {
      const { body } = await calls.call(`${agents}?${query}`);
      const { content, ...rest } = body;
      return [(content as Json[]).map(({ name }) => name).join(''), rest] as const;
    };
    const counts = { totalElements: 3, totalPages: 2, size: 2 };
    const order = { property: 'name', ignoreCase: false, nullHandling: 'NATIVE' };
    const down = { ...order, direction: 'DESC', ascending: false, descending: true };
    const first = { number: 0, numberOfElements: 2, first: true, last: false };
    expect(await page('page=0&size=2&sort=name%2CDESC')).toEqual([
      'cb',
      { ...counts, ...first, sort: [down] },
    ]);
    const second = { number: 1, numberOfElements: 1, first: false, last: true };
    expect(await page('page=1&size=2')).toEqual(['a', { ...counts, ...second, sort: [] }]);
    // Siemens' own client asks for one page too many.
    const third = { number: 2, numberOfElements: 0, first: false, last: true };
    expect(await page('page=2&size=2')).toEqual(['', { ...counts, ...third, sort: [] }]);
    expect(await page('sort=name&sort=DESC')).toEqual([
      'abc',
      expect.objectContaining({ size: 20, number: 0, totalPages: 1 }),
    ]);
    expect(await page('size=0&page=x')).toEqual(['bca', expect.objectContaining({ size: 20 })]);
  });

  test('stay onboarded for as many reads as offboarding takes', async () => {
    hub.offboardingChangesTag = true;
    const { agent } = await onboarded();
    hub.offboarding = 2;
    expect(await calls.offboard(agent.id)).toEqual(says('ONBOARDED'));
    expect(await calls.statusOf(agent.id)).toEqual(says('ONBOARDED'));
    // Asking again does not begin again.
    expect(await calls.offboard(agent.id)).toEqual(says('ONBOARDED'));
    expect(await calls.remove(`${agents}/${agent.id}`, 1)).toEqual(agentError(409));
    expect(await calls.statusOf(agent.id)).toEqual(says('ONBOARDED'));
    expect(await calls.statusOf(agent.id)).toEqual(says('NOT_ONBOARDED'));
    expect(agent.eTag).toBe(2);
  });

  test('have their own paths, and no others', async () => {
    const agent = await hub.addAgent('a');
    for (const method of ['PUT', 'POST', 'PATCH']) {
      expect((await calls.call(`${agents}/${agent.id}`, { method })).status).toBe(404);
    }
    const encoded = [...agent.id].map((letter) => `%${letter.charCodeAt(0).toString(16)}`);
    expect((await calls.call(`${agents}/${encoded.join('')}`)).status).toBe(200);
    expect((await calls.call(`${agents}/`)).status).toBe(404);
  });
});

describe('every call', () => {
  const all: readonly (readonly [HubEndpoint, string, string])[] = [
    ['create', 'POST', certificates],
    ['list-certificates', 'GET', certificates],
    ['read-certificate', 'GET', `${certificates}/1`],
    ['delete-certificate', 'DELETE', `${certificates}/1`],
    ['find-agent', 'GET', agents],
    ['read-agent', 'GET', `${agents}/1`],
    ['boarding-status', 'GET', `${agents}/1/boarding/status`],
    ['offboard', 'POST', `${agents}/1/boarding/offboard`],
    ['delete-agent', 'DELETE', `${agents}/1`],
    ['find-asset', 'GET', assets],
    ['read-asset', 'GET', `${assets}/1`],
    ['delete-asset', 'DELETE', `${assets}/1`],
  ];

  test.each(all)('of %s needs a token and a permission', async (endpoint, method, path) => {
    const isAgents = path.startsWith(agents);
    const refused = await calls.call(path, { method, token: 'unknown' });
    if (isAgents) expect(refused).toEqual(agentError(401));
    else expect(refused.body['error']).toBe('token_validation_failed');
    expect(refused.status).toBe(401);
    for (const authorization of ['', hub.issueToken(), 'Bearer', 'Bearer ']) {
      const answer = await calls.call(path, { method, headers: { authorization } });
      expect(answer).toEqual((isAgents ? agentError : serviceError)(403));
    }
    hub.requests.length = 0;
    hub.forbidden.add(endpoint);
    const error = isAgents ? agentError : serviceError;
    expect(await calls.call(path, { method })).toEqual(error(403));
    expect(hub.seen(endpoint)).toHaveLength(1);
    hub.faults.push({ at: endpoint, fault: { kind: 'status', status: 412 } });
    expect(await calls.call(path, { method })).toEqual(error(412));
  });

  test.each([agents, assets, 'mindconnectmqtt/v3'])(
    "below %s with an unknown path is answered with that API's 404",
    async (path) => {
      const error = path === agents ? agentError : serviceError;
      expect(await calls.call(`${path}/1/nothing`)).toEqual(error(404));
    },
  );

  test('can get another response, unless it is rejected', async () => {
    const agent = await hub.addAgent('a');
    const change = () => ({ status: 'ONBOARDED' });
    hub.faults.push({ at: 'boarding-status', fault: { kind: 'change', change } });
    expect(await calls.statusOf(agent.id)).toEqual(says('ONBOARDED'));
    expect(await calls.statusOf('unknown')).toEqual(agentError(404));
  });
});
