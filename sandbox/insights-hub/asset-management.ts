import type { Reply, SeenRequest } from '../embedded-server.ts';
import type { HubEndpoint } from '../faults.ts';
import type { Books, HubAsset } from './books.ts';
import { accepts, refuseByTag } from './conditions.ts';
import { serviceError, type Words } from './error-bodies.ts';
import { type Fields, readFilter } from './filters.ts';
import { halPage, pageOf, readPage } from './pages.ts';
import { errorReply, json, NO_CONTENT } from './replies.ts';
import { idOf, queryOf } from './routes.ts';

type Seen = SeenRequest<HubEndpoint>;

const HAL = 'application/hal+json';

/** The fields that lists can be filtered by, as documented; all others are ignored. */
const FILTERABLE = [
  ...['assetId', 'tenantId', 'name', 'externalId', 't2tenant', 'subTenant', 'timezone'],
  ...['twinType', 'deleted', 'parentId', 'typeId', 'fileId', 'hasType'],
];

const PAGE_SIZES = { usual: 10, most: 200 };

const UNACCEPTABLE: Words = [
  'mdsp.core.generic.internalServerError',
  'No acceptable representation',
];
const HAS_CHILDREN: Words = [
  'mdsp.core.assetmanagement.conflict',
  'An asset that has children cannot be deleted.',
];
const IS_DELETED: Words = [
  'mdsp.core.assetmanagement.deleted',
  'The asset is deleted and cannot be modified.',
];

/** Asset Management: answers a call about assets. */
export function answerAssetCall(seen: Seen, books: Books): Reply {
  if (books.strictAccept && !accepts(seen.headers, HAL)) {
    return { status: 500, ...serviceError(UNACCEPTABLE) };
  }
  if (seen.endpoint === 'find-asset') return find(seen.path, books);
  const id = idOf(seen.path);
  const asset = books.assets.get(id) ?? books.deletedAssets.get(id);
  if (asset === undefined) return refuse(404);
  switch (seen.endpoint) {
    case 'read-asset':
      return hal(recordOf(asset, books));
    case 'delete-asset':
      return remove(asset, seen, books);
    default:
      return refuse(404);
  }
}

const refuse = (status: number, words?: Words) => errorReply(status, 'assetmanagement', words);
const hal = (value: unknown): Reply => ({ ...json(200, value), type: HAL });

function find(path: string, books: Books): Reply {
  const query = queryOf(path);
  const filter = readFilter(query, { fields: FILTERABLE, refusesOthers: false });
  if (filter === undefined) return refuse(400);
  const { assets, deletedAssets, listsDeletedAssets } = books;
  const all = [...assets.values(), ...(listsDeletedAssets ? deletedAssets.values() : [])];
  const request = readPage(query, PAGE_SIZES);
  const fields = (asset: HubAsset) => fieldsOf(asset, books);
  const found = all.filter((asset) => filter(fields(asset)));
  const { elements, ...page } = pageOf(found, fields, request);
  const records = elements.map((asset) => recordOf(asset, books));
  const at = { url: new URL(path, books.origin), name: 'assets' };
  return hal(halPage({ ...page, elements: records }, request, at));
}

function fieldsOf({ id, typeId, ...asset }: HubAsset, { tenant }: Books): Fields {
  const { parentId, name, externalId, deleted } = asset;
  const own = { assetId: id, tenantId: tenant, typeId, hasType: typeId };
  return { ...own, parentId, name, externalId, deleted };
}

function recordOf(asset: HubAsset, books: Books) {
  const { id: assetId, etag, externalId, name, typeId, parentId, deleted } = asset;
  const record = { assetId, etag, externalId, name, typeId, parentId, tenantId: books.tenant };
  return {
    ...record,
    deleted,
    locks: isLocked(asset, books) ? [{ service: 'AgentManagement', reasonCode: LOCK }] : [],
  };
}

const LOCK = 'agentmanagement.agent.onboarded';

function isLocked({ id }: HubAsset, { agents }: Books): boolean {
  return [...agents.values()].some(
    ({ entityId, boarding }) => entityId === id && boarding !== 'NOT_ONBOARDED',
  );
}

function remove(asset: HubAsset, { headers }: Seen, books: Books): Reply {
  if (asset.deleted !== undefined) return refuse(books.deletedAssetStatus, IS_DELETED);
  const refusal = refuseByTag(headers, asset.etag);
  if (refusal !== undefined) return refuse(refusal);
  const { assets, deletedAssets, softDelete } = books;
  const hasChildren = [...assets.values()].some(({ parentId }) => parentId === asset.id);
  if (hasChildren) return refuse(409, HAS_CHILDREN);
  if (isLocked(asset, books)) return refuse(409);
  assets.delete(asset.id);
  if (!softDelete) return NO_CONTENT;
  asset.deleted = new Date().toISOString();
  asset.etag += 1;
  deletedAssets.set(asset.id, asset);
  return NO_CONTENT;
}
