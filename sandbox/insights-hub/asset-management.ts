import type { Reply, SeenRequest } from '../embedded-server.ts';
import type { HubEndpoint } from '../faults.ts';
import type { Books, HubAsset } from './books.ts';
import { readFilter, refuseByTag } from './conditions.ts';
import { errorReply, json, NO_CONTENT } from './replies.ts';
import { idOf } from './routes.ts';

type Seen = SeenRequest<HubEndpoint>;

/** Asset Management: answers a call about assets. */
export function answerAssetCall(seen: Seen, books: Books): Reply {
  if (seen.endpoint === 'find-asset') return find(seen.path, books);
  const asset = books.assets.get(idOf(seen.path));
  if (asset === undefined) return refuse(404);
  switch (seen.endpoint) {
    case 'read-asset':
      return json(200, recordOf(asset));
    case 'delete-asset':
      return remove(asset, seen, books);
    default:
      return refuse(404);
  }
}

const refuse = (status: number) => errorReply(status, 'assetmanagement');

/** Returns all matches on one page, however many there are. */
function find(path: string, books: Books): Reply {
  const filter = readFilter(path, ['externalId', 'name', 'assetId', 'typeId']);
  if (filter === undefined) return refuse(400);
  const assets = [...books.assets.values()]
    .filter(({ id: assetId, externalId, name, typeId }) =>
      filter({ assetId, externalId, name, typeId }),
    )
    .map(recordOf);
  const { length } = assets;
  return json(200, {
    _embedded: { assets },
    page: {
      size: Math.max(10, length),
      totalElements: length,
      totalPages: Math.min(1, length),
      number: 0,
    },
  });
}

function recordOf({ id, etag, externalId, name, typeId }: HubAsset) {
  return { assetId: id, etag, externalId, name, typeId };
}

function remove(asset: HubAsset, { headers }: Seen, { agents, assets }: Books): Reply {
  const refusal = refuseByTag(headers, asset.etag);
  if (refusal !== undefined) return refuse(refusal);
  const isLocked = [...agents.values()].some(
    ({ entityId, boarding }) => entityId === asset.id && boarding !== 'NOT_ONBOARDED',
  );
  if (isLocked) return refuse(409);
  assets.delete(asset.id);
  return NO_CONTENT;
}
