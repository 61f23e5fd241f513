import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type HubOptions, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { type Caller, callers, lacksSdk, sdkFor } from './mindconnect-sdk.ts';

const pairs = lacksSdk ? [] : await makePairs(1);

/** Starts a hub that is as strict as it can be, and that ends with the test. */
async function start(options: HubOptions = {}) {
  const hub = await InsightsHub.start({ pairs, ...options });
  onTestFinished(() => hub.stop());
  return hub;
}

/** A strict hub with agents that are onboarded, and the clients of the SDK. */
async function setUp(caller: Caller, ...names: readonly string[]) {
  const hub = await start();
  for (const name of names) hub.connect((await hub.addAgent(name)).clientId);
  const sdk = sdkFor(hub, caller);
  return { hub, agents: sdk.GetAgentManagementClient(), assets: sdk.GetAssetManagementClient() };
}

const filter = (wanted: object) => ({ filter: JSON.stringify(wanted) });
const matching = (tag: number | undefined) => ({ ifMatch: `${tag}` });
const failsWith = (reason: string, words = '') =>
  new RegExp(`^Network error occured ${reason} .*${words}`);

describe.skipIf(lacksSdk).each(callers)('Siemens’ SDK, with the credentials of: %s', (caller) => {
  test('gets a token, and checks it with the key of the tenant', async () => {
    const { hub, agents, assets } = await setUp(caller);
    await agents.GetAgents();
    await assets.GetAssets();
    expect(hub.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      caller === 'service' ? 'POST /oauth/token' : 'POST /api/technicaltokenmanager/v3/oauth/token',
      'GET /token_keys',
      'GET /api/agentmanagement/v3/agents?',
      'GET /api/assetmanagement/v3/assets?',
    ]);
    const [token] = hub.tokens;
    for (const { headers } of hub.requests.slice(2)) {
      expect(headers.authorization).toBe(`Bearer ${token}`);
      expect(headers['user-agent']).toMatch(/^mindconnect-nodejs/);
    }
  });

  test('gets another token when the first has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { hub, agents } = await setUp(caller);
    await agents.GetAgents();
    vi.setSystemTime(Date.now() + 1_790_000);
    await agents.GetAgents();
    expect(hub.seen('token')).toHaveLength(1);
    vi.setSystemTime(Date.now() + 10_000);
    await agents.GetAgents();
    expect(hub.seen('token')).toHaveLength(2);
    expect(hub.seen('find-agent').at(-1)?.headers.authorization).toBe(
      `Bearer ${[...hub.tokens][1]}`,
    );
  });

  test('gets no token with a wrong secret', async () => {
    const hub = await start();
    const agents = sdkFor(hub, caller, 'wrong').GetAgentManagementClient();
    await expect(agents.GetAgents()).rejects.toThrow('Unauthorized');
    expect(hub.requests.map(({ endpoint }) => endpoint)).toEqual(['token']);
  });

  test('is rejected where its token has no permission', async () => {
    const { hub, agents } = await setUp(caller, 'a');
    hub.forbidden.add('find-agent');
    await expect(agents.GetAgents()).rejects.toThrow(failsWith('Forbidden'));
  });

  test('deletes an agent and its asset', async () => {
    const { hub, agents, assets } = await setUp(caller, 'a', 'b');
    const own = hub.agents.get('mqtt1_a');
    const { content, totalElements } = await agents.GetAgents(filter({ mqttClientId: 'mqtt1_a' }));
    expect(totalElements).toBe(1);
    const [found] = content;
    const id = `${found?.id}`;
    expect(found).toMatchObject({ id: own?.id, name: 'mqtt1_a', eTag: own?.eTag });
    expect(await agents.GetAgent(id)).toEqual(found);

    expect(await agents.GetOnboardingStatus(id)).toEqual({ status: 'ONBOARDED' });
    await expect(agents.DeleteAgent(id, matching(found?.eTag))).rejects.toThrow(
      failsWith('Conflict', 'offboard'),
    );
    expect(await agents.OffboardAgent(id)).toEqual({ status: 'NOT_ONBOARDED' });
    expect(await agents.GetOnboardingStatus(id)).toEqual({ status: 'NOT_ONBOARDED' });
    // The tag is the one from before the offboarding.
    await agents.DeleteAgent(id, matching(found?.eTag));
    await expect(agents.GetAgent(id)).rejects.toThrow(failsWith('Not Found'));
    expect([...hub.agents.keys()]).toEqual(['mqtt1_b']);

    const list = await assets.GetAssets(filter({ externalId: 'mqtt1_a', deleted: null }));
    expect(list.page.totalElements).toBe(1);
    const asset = list._embedded?.assets[0];
    expect(asset).toMatchObject({ assetId: found?.entityId, typeId: 'core.mcmqtt' });
    expect(await assets.GetAsset(`${asset?.assetId}`)).toEqual(asset);
    await assets.DeleteAsset(`${asset?.assetId}`, matching(asset?.etag));
    expect([...hub.assets.values()].map(({ name }) => name)).toEqual(['mqtt1_b']);
  });
});

describe.skipIf(lacksSdk)('agents of the embedded Insights Hub, for Siemens’ SDK', () => {
  test('are listed by the filters of its own tests', async () => {
    const { hub, agents } = await setUp('service', 'a1', 'a2', 'b1');
    const { id = '', entityId = '' } = hub.agents.get('mqtt1_a2') ?? {};
    const named = async (wanted: object) =>
      (await agents.GetAgents(filter(wanted))).content.map(({ name }) => name).toSorted();
    const start = id.slice(0, -1);
    expect(await named({ and: { id: { startsWith: id } } })).toEqual(['mqtt1_a2']);
    expect(
      await named({ and: { name: { startsWith: 'mqtt1_a' }, id: { startsWith: start } } }),
    ).toContain('mqtt1_a2');
    expect(await named({ name: { startsWith: 'mqtt1_a' } })).toEqual(['mqtt1_a1', 'mqtt1_a2']);
    expect(await named({ name: { eq: 'mqtt1_b1' } })).toEqual(['mqtt1_b1']);
    expect(await named({ entityId })).toEqual(['mqtt1_a2']);
    expect(await named({ name: 'mqtt1' })).toEqual([]);
    await expect(named({ nothing: 'x' })).rejects.toThrow(failsWith('Bad Request'));
    await expect(agents.GetAgents({ filter: '{' })).rejects.toThrow(failsWith('Bad Request'));
  });

  test('are listed in pages, and a page after the last is empty', async () => {
    const { agents } = await setUp('service', 'a', 'b', 'c');
    const size = 2;
    const page = async (number: number) => {
      const { content, ...rest } = await agents.GetAgents({
        page: number,
        size,
        sort: 'name,DESC',
      });
      return [content.map(({ name }) => name), rest];
    };
    const counts = { totalElements: 3, totalPages: 2, size, sort: [expect.anything()] };
    expect(await page(0)).toEqual([
      ['mqtt1_c', 'mqtt1_b'],
      { ...counts, number: 0, numberOfElements: 2, first: true, last: false },
    ]);
    expect(await page(1)).toEqual([
      ['mqtt1_a'],
      { ...counts, number: 1, numberOfElements: 1, first: false, last: true },
    ]);
    expect(await page(2)).toMatchObject([[], { numberOfElements: 0 }]);
  });

  test('are not deleted with an outdated tag', async () => {
    const { hub, agents } = await setUp('service', 'a');
    hub.offboardingChangesTag = true;
    const { id = '', eTag } = hub.agents.get('mqtt1_a') ?? {};
    await agents.OffboardAgent(id);
    await expect(agents.DeleteAgent(id, matching(eTag))).rejects.toThrow(
      failsWith('Precondition Failed'),
    );
    await agents.DeleteAgent(id, matching((await agents.GetAgent(id)).eTag));
    expect(hub.agents.size).toBe(0);
  });

  test('stay onboarded until their offboarding has ended', async () => {
    const { hub, agents } = await setUp('service', 'a');
    hub.offboarding = 1;
    const { id = '', eTag } = hub.agents.get('mqtt1_a') ?? {};
    expect(await agents.OffboardAgent(id)).toEqual({ status: 'ONBOARDED' });
    expect(await agents.GetOnboardingStatus(id)).toEqual({ status: 'ONBOARDED' });
    expect(await agents.GetOnboardingStatus(id)).toEqual({ status: 'NOT_ONBOARDED' });
    await agents.DeleteAgent(id, matching(eTag));
    expect(hub.agents.size).toBe(0);
  });

  test('are looked up as often as the quota allows', async () => {
    const hub = await start({ quota: { windows: { 'find-agent': [{ count: 2, seconds: 60 }] } } });
    const agents = sdkFor(hub, 'service').GetAgentManagementClient();
    await agents.GetAgents();
    await agents.GetAgents();
    await expect(agents.GetAgents()).rejects.toThrow(failsWith('Too Many Requests', 'limit'));
  });
});

describe.skipIf(lacksSdk)('assets of the embedded Insights Hub, for Siemens’ SDK', () => {
  test('are listed by the filters of its own tests and commands', async () => {
    const { hub, assets } = await setUp('service', 'a', 'b');
    hub.addAsset({ name: 'Falcon 1', typeId: 'mdsp.spaceship' });
    const parent = hub.addAsset({ name: 'Falcon 2', typeId: 'mdsp.spaceship' });
    hub.addAsset({ name: 'Falcon 1', typeId: 'mdsp.engine', parentId: parent.id });
    const found = async (wanted: object) =>
      ((await assets.GetAssets(filter(wanted)))._embedded?.assets ?? [])
        .map(({ name, typeId }) => `${name}, ${typeId}`)
        .toSorted();
    const [one, two, engine] = [
      'Falcon 1, mdsp.spaceship',
      'Falcon 2, mdsp.spaceship',
      'Falcon 1, mdsp.engine',
    ];
    expect(await found({ typeId: { startsWith: 'core.' } })).toEqual([
      'mqtt1_a, core.mcmqtt',
      'mqtt1_b, core.mcmqtt',
    ]);
    expect(await found({ name: { eq: 'Falcon 2' } })).toEqual([two]);
    const below = { name: { eq: 'Falcon 1' }, parentId: { eq: parent.id } };
    expect(await found({ and: below })).toEqual([engine]);
    expect(await found({ name: { contains: 'con 1' } })).toEqual([engine, one]);
    const ship = { name: { contains: 'con' }, typeId: { contains: 'ship' } };
    expect(await found({ and: ship })).toEqual([one, two]);
    const alive = { deleted: null, name: { startsWith: 'Falcon 2' } };
    expect(await found({ and: alive })).toEqual([two]);
    expect(await found({ name: { eq: 'none' } })).toEqual([]);
  });

  test('are listed in pages, and a page after the last is empty', async () => {
    const { hub, assets } = await setUp('service');
    for (const digit of '0123456789ab') hub.addAsset({ name: digit });
    const first = await assets.GetAssets();
    expect(first.page).toEqual({ size: 10, totalElements: 12, totalPages: 2, number: 0 });
    const names: string[][] = [];
    // As in the SDK's own commands.
    let page = 0;
    let pages = 0;
    do {
      const list = await assets.GetAssets({ page, size: 5, sort: 'name,asc' });
      names.push((list._embedded?.assets ?? []).map(({ name }) => name));
      pages = list.page.totalPages;
    } while (page++ < pages);
    expect(names.map((own) => own.join(''))).toEqual(['01234', '56789', 'ab', '']);
  });

  test('can be read after they were deleted, but not deleted again', async () => {
    const { hub, assets } = await setUp('service');
    const { id, etag } = hub.addAsset({ name: 'a' });
    await assets.DeleteAsset(id, matching(etag));
    const asset = await assets.GetAsset(id);
    expect(asset.deleted).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect((await assets.GetAssets()).page.totalElements).toBe(0);
    await expect(assets.DeleteAsset(id, matching(asset.etag))).rejects.toThrow(
      failsWith('Conflict', 'deleted'),
    );
  });

  test('are not deleted with another tag, with children, or with an agent', async () => {
    const { hub, assets } = await setUp('service', 'a');
    const parent = hub.addAsset({ name: 'parent' });
    const child = hub.addAsset({ name: 'child', parentId: parent.id });
    const [locked] = hub.assets.values();
    const remove = (id: string | undefined, tag: number | undefined) =>
      assets.DeleteAsset(`${id}`, matching(tag));
    await expect(remove(child.id, child.etag + 1)).rejects.toThrow(
      failsWith('Precondition Failed'),
    );
    await expect(remove(parent.id, parent.etag)).rejects.toThrow(failsWith('Conflict', 'children'));
    await expect(remove(locked?.id, locked?.etag)).rejects.toThrow(failsWith('Conflict'));
    expect(hub.assets.size).toBe(3);
    await remove(child.id, child.etag);
    await remove(parent.id, parent.etag);
    expect(hub.assets.size).toBe(1);
  });
});
