import { unusable } from '../http/errors.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject } from '../json.ts';
import type { AgentRecord } from './agents.ts';
import type { HubApi } from './api.ts';
import { deleteResource, idOf, type Resource, readObject } from './resources.ts';

/** The type of the assets that Insights Hub makes for MQTT agents. */
const ASSET_TYPE = 'core.mcmqtt';

/**
 * Deletes the asset of an agent that was deleted (Asset Management v3, `DELETE /assets/{id}`). Where
 * the agent's record named none, or is gone, it is looked up by the client id as its external id.
 * What is gone already is fine. Throws what the calls end in.
 */
export async function deleteAsset(
  { clientId, assetId }: Pick<AgentRecord, 'clientId' | 'assetId'>,
  api: HubApi,
  limit: TimeLimit,
): Promise<void> {
  const ids = assetId === undefined ? await findAssets(clientId, api, limit) : [assetId];
  for (const id of ids) {
    const asset: Resource = {
      api: 'assetmanagement',
      path: `assets/${id}`,
      name: `the asset of the agent with client id ${clientId}`,
      tagField: 'etag',
      isIt: ({ externalId, typeId }) => externalId === clientId || typeId === ASSET_TYPE,
      // As the vendor's own client sends it.
      tagWithout: '0',
      // The asset may stay locked for a moment after its agent was offboarded.
      alsoPassing: [409],
    };
    await deleteResource(asset, api, limit);
  }
}

/** The ids of the assets that were made for an MQTT agent with this client id. */
async function findAssets(clientId: string, api: HubApi, limit: TimeLimit) {
  const what = `Looking up the asset of the agent with client id ${clientId}`;
  const filter = { externalId: clientId };
  const call = { what, api: 'assetmanagement', path: 'assets', filter } as const;
  const { object, answer } = await readObject(call, api, limit);
  const embedded = asObject(object['_embedded']);
  // An empty page has no `_embedded`.
  if (embedded === undefined && asObject(object['page'])?.['totalElements'] === 0) return [];
  const assets = embedded?.['assets'];
  if (!Array.isArray(assets)) throw unusable(what, answer);
  return assets.flatMap((value) => {
    const asset = asObject(value);
    const isOwn = asset?.['externalId'] === clientId && asset['typeId'] === ASSET_TYPE;
    return (isOwn && idOf(asset['assetId'], api.secrets)) || [];
  });
}
