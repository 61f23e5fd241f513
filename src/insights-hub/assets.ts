import { refusal } from '../http/refusal.ts';
import { isPassing, statusOf } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject } from '../json.ts';
import { type ApiServices, callApi } from './call.ts';
import { deleteTagged, endingContext, idOf, readObject } from './management.ts';

/** The type of the assets that Insights Hub makes for MQTT agents. */
const ASSET_TYPE = 'core.mcmqtt';

export interface AssetOwner {
  readonly clientId: string;
  /** nothing when the agent's record names none, or is gone */
  readonly assetId: string | undefined;
}

/**
 * Deletes the asset of an agent that was ended (Asset Management v3, `DELETE /assets/{id}`). Where
 * the agent named none, it is looked up by the client id as its external id. What is gone already
 * is fine. Throws what the calls end in.
 */
export async function deleteAsset(
  { clientId, assetId }: AssetOwner,
  services: ApiServices,
  limit: TimeLimit,
): Promise<void> {
  const ids = assetId === undefined ? await findAssets(clientId, services, limit) : [assetId];
  for (const id of ids) {
    await deleteTagged(
      {
        api: 'assetmanagement',
        path: `assets/${id}`,
        name: `the asset of the agent with client id ${clientId}`,
        tagField: 'etag',
        isIt: ({ externalId, typeId }) => externalId === clientId || typeId === ASSET_TYPE,
        // As the vendor's own client sends it.
        tagWithout: '0',
      },
      services,
      limit,
      // The asset may stay locked for a moment after its agent was offboarded.
      { mayRepeat: (exchange) => isPassing(exchange) || statusOf(exchange) === 409 },
    );
  }
}

/** Ids of assets that were made for an MQTT agent with this client id. */
async function findAssets(
  clientId: string,
  services: ApiServices,
  limit: TimeLimit,
): Promise<readonly string[]> {
  const called = await callApi(
    { method: 'GET', api: 'assetmanagement', path: 'assets', filter: { externalId: clientId } },
    services,
    limit,
  );
  const context = endingContext(`Looking up the asset of the agent with client id ${clientId}`);
  const page = readObject(called, context, limit);
  const embedded = asObject(page['_embedded']);
  // An empty page holds no `_embedded`.
  if (embedded === undefined && asObject(page['page'])?.['totalElements'] === 0) return [];
  const assets = embedded?.['assets'];
  if (!Array.isArray(assets)) throw refusal(context, called.request, called.outcome, limit);
  return assets.flatMap((value) => {
    const asset = asObject(value);
    const isOwn = asset?.['externalId'] === clientId && asset['typeId'] === ASSET_TYPE;
    return (isOwn && idOf(asset['assetId'], services.secrets)) || [];
  });
}
