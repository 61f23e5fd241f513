import { asFailure, Failure, hasStatus } from '../failure.ts';
import { cancelled, timedOut, unusable } from '../http/errors.ts';
import { waitBefore } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, type JsonObject } from '../json.ts';
import type { AgentRecord } from './agents.ts';
import type { HubApi } from './api.ts';
import {
  deleteResource,
  idOf,
  isMarkedDeleted,
  type Resource,
  readObject,
  readTag,
} from './resources.ts';

/** The type of the assets that Insights Hub creates for MQTT agents. */
const ASSET_TYPE = 'core.mcmqtt';

/** The largest page that the service allows, and the most pages that are read. */
const PAGE_SIZE = 200;
const MOST_PAGES = 50;

/** How often deleting a locked asset is tried: the lock may stay for a moment after offboarding. */
const MOST_TRIES = 5;

/**
 * Deletes the asset of an agent that was deleted (Asset Management v3, `DELETE /assets/{id}`). If the
 * agent's record names none, or is gone, looks the asset up by the client id as its external id.
 * Accepts an asset that is already gone or marked as deleted. Throws `not-ended` for an asset with
 * others below it, and the failures of the calls.
 */
export async function deleteAsset(
  { clientId, assetId }: Pick<AgentRecord, 'clientId' | 'assetId'>,
  api: HubApi,
  limit: TimeLimit,
): Promise<void> {
  const ids = assetId === undefined ? await findAssets(clientId, api, limit) : [assetId];
  for (const id of ids) await deleteOne(id, clientId, api, limit);
}

async function deleteOne(id: string, clientId: string, api: HubApi, limit: TimeLimit) {
  const asset: Resource = {
    api: 'assetmanagement',
    path: `assets/${id}`,
    name: `the asset of the agent with client id ${clientId}`,
    tagField: 'etag',
    isIt: ({ externalId, typeId }) => externalId === clientId || typeId === ASSET_TYPE,
    // As in the vendor's own client.
    tagWithout: '0',
  };
  for (let tries = 1; ; tries++) {
    const refusal = await deleteResource(asset, api, limit).catch(onlyRefusal);
    if (!(refusal instanceof Failure)) return;
    if (tries === 1 && (await hasChildren(id, asset, api, limit))) {
      throw new Failure(
        'not-ended',
        `Insights Hub rejected deleting ${asset.name}, because it has other assets below it. Delete or move them in Asset Manager, then run this step again.`,
        { call: refusal.call },
      );
    }
    if (!hasStatus(refusal, 409)) {
      // It may be gone: after a lost answer, the service rejects the same request the second time.
      if ((await readTag(asset, api, limit)) === undefined) return;
      throw refusal;
    }
    if (tries === MOST_TRIES) throw refusal;
    await waitForLock(refusal, tries, asset, api, limit);
  }
}

/** The rejection of an asset that may be locked, already deleted, or have others below it. */
function onlyRefusal(error: unknown): Failure {
  const failure = asFailure(error);
  if (failure.call?.method === 'DELETE' && hasStatus(failure, 400, 409, 422)) return failure;
  throw error;
}

/** Whether an asset has others below it; false if that can't be read. */
async function hasChildren(id: string, { name }: Resource, api: HubApi, limit: TimeLimit) {
  const what = `Looking for assets below ${name}`;
  try {
    for await (const asset of listAssets(what, { parentId: id }, api, limit)) {
      // The service ignores filters on fields that it does not support.
      if (asset['parentId'] === id && !isMarkedDeleted(asset)) return true;
    }
  } catch (error) {
    if (asFailure(error).code === 'internal') throw error;
  }
  return false;
}

async function waitForLock(
  refusal: Failure,
  tries: number,
  { name }: Resource,
  { clock }: HubApi,
  limit: TimeLimit,
): Promise<void> {
  const what = `Deleting ${name}`;
  const ended = () =>
    limit.cancelled ? cancelled(what, refusal) : timedOut(what, limit.seconds, refusal);
  const wait = waitBefore(refusal, tries, clock);
  // Waiting for a try that can't be made in time would only delay the failure.
  if (limit.signal.aborted || wait >= limit.remaining()) throw ended();
  await clock.sleep(wait, limit.signal);
  if (limit.signal.aborted) throw ended();
}

/** The ids of the assets that were created for an MQTT agent with this client id. */
async function findAssets(clientId: string, api: HubApi, limit: TimeLimit) {
  const what = `Looking up the asset of the agent with client id ${clientId}`;
  const ids = new Set<string>();
  for await (const asset of listAssets(what, { externalId: clientId }, api, limit)) {
    const isOwn = asset['externalId'] === clientId && asset['typeId'] === ASSET_TYPE;
    const id = idOf(asset['assetId'], api.secrets);
    if (isOwn && id !== undefined && !isMarkedDeleted(asset)) ids.add(id);
  }
  return ids;
}

/** Reads a list, page by page (Asset Management v3, `GET /assets`). */
async function* listAssets(
  what: string,
  filter: Readonly<Record<string, string>>,
  api: HubApi,
  limit: TimeLimit,
): AsyncGenerator<JsonObject, void> {
  for (let number = 0; number < MOST_PAGES; number++) {
    const path = `assets?page=${number}&size=${PAGE_SIZE}`;
    const call = { what, api: 'assetmanagement', path, filter } as const;
    const { object, answer } = await readObject(call, api, limit);
    const assets = assetsOf(object, number);
    if (assets === undefined) throw unusable(what, answer);
    yield* assets.map(asObject).filter((asset) => asset !== undefined);
    const pages = asObject(object['page'])?.['totalPages'];
    if (typeof pages !== 'number' || number + 1 >= pages) return;
  }
  throw new Failure(
    'response-invalid',
    `${what} found more than ${MOST_PAGES * PAGE_SIZE} assets. Look at them in Insights Hub.`,
  );
}

/** The assets on a page (HAL); nothing if the page can't be used. */
function assetsOf(object: JsonObject, wanted: number): readonly unknown[] | undefined {
  const { totalElements = 0, number = wanted } = asObject(object['page']) ?? {};
  // A service that always gives the same page would be read forever.
  if (wanted > 0 && number !== wanted) return undefined;
  const embedded = asObject(object['_embedded'] ?? {});
  const isEmpty = embedded !== undefined && (wanted > 0 || totalElements === 0);
  const assets = embedded?.['assets'] ?? (isEmpty ? [] : undefined);
  return Array.isArray(assets) ? assets : undefined;
}
