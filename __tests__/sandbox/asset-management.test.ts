import { beforeEach, describe, expect, test } from 'vitest';
import type { HubOptions, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { assets, type Calls, type Json, startHub } from './calls.ts';

interface Page {
  readonly _embedded?: { readonly assets: readonly Json[] };
  readonly _links: Readonly<Record<string, { readonly href: string }>>;
  readonly page: Readonly<Record<'size' | 'totalElements' | 'totalPages' | 'number', number>>;
}

const pairs = await makePairs(1);
let hub: InsightsHub;
let calls: Calls;

const start = async (options: HubOptions = {}) => {
  ({ hub, calls } = await startHub({ pairs, ...options }));
};
beforeEach(() => start());

const error = (status: number) => ({
  status,
  body: { errors: [expect.objectContaining({ code: expect.any(String) })] },
});

/** An agent that has connected, and its asset. */
async function onboarded() {
  const agent = await hub.addAgent('a');
  const asset = hub.connect('mqtt1_a');
  return { agent, asset };
}

/** The names of the assets that a filter finds, or the status of the refusal. */
async function namesOf(filter: object): Promise<unknown> {
  const { status, body } = await calls.find<Page>(assets, filter);
  return status === 200 ? (body._embedded?.assets ?? []).map(({ name }) => name) : status;
}

describe('assets', () => {
  test('are created when a device first connects', async () => {
    await hub.addAgent('b');
    const { agent, asset } = await onboarded();
    const record = {
      assetId: asset.id,
      etag: 0,
      externalId: 'mqtt1_a',
      name: 'mqtt1_a',
      typeId: 'core.mcmqtt',
      parentId: hub.rootAssetId,
      tenantId: 'mqtt1',
      locks: [{ service: 'AgentManagement', reasonCode: 'agentmanagement.agent.onboarded' }],
    };
    expect(await calls.call(`${assets}/${asset.id}`)).toEqual({ status: 200, body: record });
    const found = await calls.find<Page>(assets, { externalId: 'mqtt1_a' });
    expect(found).toMatchObject({
      status: 200,
      body: {
        _embedded: { assets: [record] },
        page: { size: 10, totalElements: 1, totalPages: 1, number: 0 },
      },
    });
    await calls.offboard(agent.id);
    expect((await calls.call(`${assets}/${asset.id}`)).body['locks']).toEqual([]);
    expect(hub.connect('mqtt1_a')).toBe(asset);
    expect(() => hub.connect('mqtt1_c')).toThrow();
  });

  test('are deleted only with their tag, and not while their agent is onboarded', async () => {
    await start({ softDelete: false });
    const { agent, asset } = await onboarded();
    const path = `${assets}/${asset.id}`;
    asset.etag = 7;
    expect(await calls.remove(path)).toEqual(error(400));
    expect(await calls.remove(path, 6)).toEqual(error(412));
    const locked = await calls.remove(path, 7);
    expect(locked).toEqual(error(409));
    expect(locked.body['errors']).toEqual([
      {
        code: 'agentmanagement.agent.onboarded',
        message: 'Agent is onboarded, cannot delete asset until offboard finished',
        logref: expect.any(String),
      },
    ]);
    await calls.offboard(agent.id);
    expect(await calls.remove(path, 7)).toEqual({ status: 204, body: {} });
    expect(hub.assets.size).toBe(0);
    expect(await calls.remove(path, 7)).toEqual(error(404));
    expect(await calls.call(path)).toEqual(error(404));
  });

  test('are not deleted while they have children', async () => {
    const parent = hub.addAsset();
    const child = hub.addAsset({ parentId: parent.id, name: 'child', typeId: 'core.basicasset' });
    expect(await calls.remove(`${assets}/${parent.id}`, 0)).toEqual(error(409));
    expect(await namesOf({ parentId: parent.id })).toEqual(['child']);
    expect((await calls.remove(`${assets}/${child.id}`, 0)).status).toBe(204);
    expect((await calls.remove(`${assets}/${parent.id}`, 0)).status).toBe(204);
  });

  test('can be read after they were deleted, but not deleted again', async () => {
    const { agent, asset } = await onboarded();
    await calls.offboard(agent.id);
    const path = `${assets}/${asset.id}`;
    expect((await calls.remove(path, 0)).status).toBe(204);
    expect(hub.assets.size).toBe(0);
    const { status, body } = await calls.call(path);
    expect({ status, body }).toMatchObject({ status: 200, body: { assetId: asset.id, etag: 1 } });
    expect(Date.parse(`${body['deleted']}`)).toBeGreaterThan(0);
    expect(await calls.remove(path, 1)).toEqual(error(409));
    hub.deletedAssetStatus = 410;
    expect(await calls.remove(path, 1)).toEqual(error(410));
    expect(await namesOf({ externalId: 'mqtt1_a' })).toEqual([]);
    hub.listsDeletedAssets = true;
    expect(await namesOf({ externalId: 'mqtt1_a' })).toEqual(['mqtt1_a']);
    expect(await namesOf({ externalId: 'mqtt1_a', deleted: null })).toEqual([]);
    // A device that returns gets another one.
    expect(hub.connect('mqtt1_a').id).not.toBe(asset.id);
  });

  test.each([
    ['application/json', 500],
    ['application/json, application/hal+json;q=0', 500],
    ['text/html', 500],
    ['*/*', 200],
    ['application/hal+json', 200],
    ['application/json, */*;q=0.5', 200],
    ['application/*', 200],
  ])('are returned to callers that accept %s with %i', async (accept, status) => {
    const response = await calls.send(assets, { headers: { accept } });
    expect(response.status).toBe(status);
    const says = status === 500 ? 'No acceptable representation' : '"totalElements":0';
    expect(await response.text()).toContain(says);
    await start({ strictAccept: false });
    expect((await calls.send(assets, { headers: { accept } })).status).toBe(200);
  });
});

describe('a list of assets', () => {
  test('comes in pages with links', async () => {
    for (let index = 10; index < 22; index++) hub.addAsset({ name: `n${index}` });
    const response = await calls.send(`${assets}?sort=name,desc`);
    expect(response.headers.get('content-type')).toBe('application/hal+json');
    const first = (await response.json()) as Page;
    expect(first.page).toEqual({ size: 10, totalElements: 12, totalPages: 2, number: 0 });
    const names = ({ _embedded: found }: Page) => found?.assets.map(({ name }) => name);
    expect(names(first)?.slice(0, 2)).toEqual(['n21', 'n20']);
    expect(Object.keys(first._links)).toEqual(['self', 'first', 'next', 'last']);
    const next = `${first._links['next']?.href}`;
    expect(next).toBe(`${hub.origin}/api/${assets}?sort=name%2Cdesc&page=1&size=10`);
    const second = await calls.call<Page>(next.slice(`${hub.origin}/api/`.length));
    expect(names(second.body)).toEqual(['n11', 'n10']);
    expect(Object.keys(second.body._links)).toEqual(['self', 'first', 'prev', 'last']);
  });

  test('has no part for assets if there are none, also after the last page', async () => {
    const empty = await calls.call<Page>(assets);
    expect(empty.body).toEqual({
      _links: { self: expect.any(Object), first: expect.any(Object), last: expect.any(Object) },
      page: { size: 10, totalElements: 0, totalPages: 0, number: 0 },
    });
    hub.addAsset();
    const { body } = await calls.call<Page>(`${assets}?page=1&size=100`);
    expect(body._embedded).toBeUndefined();
    expect(body.page).toEqual({ size: 100, totalElements: 1, totalPages: 1, number: 1 });
  });

  test.each([
    ['size=2000', 200],
    ['size=200', 200],
    ['size=0', 10],
    ['size=-1', 10],
  ])('has at most 200 on a page: %s', async (query, size) => {
    expect((await calls.call<Page>(`${assets}?${query}`)).body.page.size).toBe(size);
  });
});

describe('a filter', () => {
  beforeEach(() => {
    hub.addAsset({ name: 'MyMotor', externalId: 'a', typeId: 'core.motor' });
    hub.addAsset({ name: 'MyEngine', typeId: 'core.engine' });
    hub.addAsset({ name: 'YourMotor', externalId: 'b', typeId: 'core.motor' });
  });

  test.each<[object, unknown]>([
    [{}, ['MyMotor', 'MyEngine', 'YourMotor']],
    [{ name: 'MyMotor' }, ['MyMotor']],
    [{ name: { eq: 'MyMotor' } }, ['MyMotor']],
    [{ name: { in: { value: ['MyMotor', 'MyEngine'] } } }, ['MyMotor', 'MyEngine']],
    [{ name: { in: ['MyMotor', 'x'] } }, ['MyMotor']],
    [{ name: { endsWith: 'Motor' } }, ['MyMotor', 'YourMotor']],
    [{ name: { startsWith: 'My' } }, ['MyMotor', 'MyEngine']],
    [{ name: { contains: 'rM' } }, ['YourMotor']],
    [{ not: { name: { startsWith: 'My' } } }, ['YourMotor']],
    [{ not: { name: 'MyMotor' } }, ['MyEngine', 'YourMotor']],
    [{ name: { or: [{ eq: 'MyMotor' }, { endsWith: 'ine' }] } }, ['MyMotor', 'MyEngine']],
    [{ name: { and: [{ startsWith: 'My' }, { endsWith: 'or' }] } }, ['MyMotor']],
    [{ or: { externalId: { eq: null }, name: { startsWith: 'Your' } } }, ['MyEngine', 'YourMotor']],
    [{ and: { externalId: { eq: null }, name: { startsWith: 'My' } } }, ['MyEngine']],
    [{ name: 'MyMotor', deleted: null }, ['MyMotor']],
    [{ externalId: null }, ['MyEngine']],
    [{ hasType: 'core.engine' }, ['MyEngine']],
    // Wildcards are not supported, and fields that can't be filtered by are ignored.
    [{ name: 'My*' }, []],
    [{ description: 'x' }, ['MyMotor', 'MyEngine', 'YourMotor']],
    [{ or: { description: 'x', name: 'MyMotor' } }, ['MyMotor']],
    [{ not: { description: 'x' } }, ['MyMotor', 'MyEngine', 'YourMotor']],
  ])('%j finds %j', async (filter, found) => {
    expect(await namesOf(filter)).toEqual(found);
  });

  test.each<[object]>([
    [{ name: { like: 'x' } }],
    [{ name: { toString: 'x' } }],
    [{ name: {} }],
    [{ name: { eq: 1 } }],
    [{ name: { in: 'x' } }],
    [{ name: { in: [1] } }],
    [{ name: { or: {} } }],
    [{ name: ['x'] }],
    [{ and: [{ name: 'x' }] }],
    [{ not: 'x' }],
    [{ description: { like: 'x' } }],
  ])('%j is rejected', async (filter) => {
    expect(await namesOf(filter)).toBe(400);
  });
});
