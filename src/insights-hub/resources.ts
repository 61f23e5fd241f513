import { asFailure, Failure, hasStatus } from '../failure.ts';
import { type Answer, isWebPage, unusable } from '../http/errors.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, type JsonObject, parseJsonObject } from '../json.ts';
import type { SecretKeeper } from '../secret.ts';
import { type ApiCall, type HubApi, TOKEN_REFUSED } from './api.ts';
import type { QuotaKind } from './quotas.ts';

/** An agent or an asset, which is deleted by its current tag. */
export interface Resource extends Pick<ApiCall, 'api' | 'path'> {
  /** for messages, for example `the agent with client id mqtt1_device001` */
  readonly name: string;
  /** which quotas reading and deleting it use; `other` if not given */
  readonly quotas?: { readonly read: QuotaKind; readonly delete: QuotaKind };
  /** the name of the field with the tag: the two APIs spell it differently */
  readonly tagField: 'eTag' | 'etag';
  /** its tag when it was found, if known */
  readonly tag?: string | undefined;
  /** what is sent for a resource without a tag */
  readonly tagWithout?: string;
  /** whether a record belongs to this resource */
  readonly isIt?: (record: JsonObject) => boolean;
}

/**
 * Deletes a resource (`DELETE` with `If-Match`), unless it is gone. Reads its tag only if that is not
 * known, and once again if the resource changed in between (412). Throws `not-ended` if it changed
 * twice or if a conflict (409) keeps it, and the failures of the calls.
 */
export async function deleteResource(
  resource: Resource,
  hub: HubApi,
  limit: TimeLimit,
): Promise<'deleted' | 'not-there'> {
  const { api, path, name, quotas } = resource;
  const what = `Deleting ${name}`;
  const quota = quotas?.delete ?? 'other';
  const call = { ...managementCall(what), method: 'DELETE', api, path, quota } as const;
  let ifMatch = resource.tag ?? (await readTag(resource, hub, limit));
  for (let tries = 1; ifMatch !== undefined; tries++) {
    try {
      const answer = await hub.call({ ...call, ifMatch }, limit);
      if (isWebPage(answer)) throw unusable(what, answer);
      return 'deleted';
    } catch (error) {
      if (isGone(error)) return 'not-there';
      if (!hasStatus(error, 412)) throw error;
      if (tries === 2) {
        throw new Failure(
          'not-ended',
          `${what} was abandoned, because it changed twice in the meantime. Run this step again.`,
          { call: asFailure(error).call },
        );
      }
      ifMatch = await readTag(resource, hub, limit);
    }
  }
  return 'not-there';
}

/**
 * The current tag of a resource; nothing if it is gone. Throws `not-ended` if the record belongs to
 * something else, and the failure of the call.
 */
export async function readTag(
  resource: Resource,
  hub: HubApi,
  limit: TimeLimit,
): Promise<string | undefined> {
  const { api, path, name, quotas, tagField, tagWithout, isIt } = resource;
  const what = `Reading ${name}`;
  const call = { what, api, path, quota: quotas?.read ?? 'other' };
  const found = await readObject(call, hub, limit).catch(undefinedIfNotThere);
  if (found === undefined || isMarkedDeleted(found.object)) return undefined;
  const { object, answer } = found;
  if (isIt?.(object) === false) {
    throw new Failure(
      'not-ended',
      `${what} returned something else, so it was not deleted. Look at it in Insights Hub.`,
    );
  }
  const tag = tagOf(object[tagField]) ?? tagWithout;
  if (tag === undefined) throw unusable(what, answer);
  return tag;
}

/** Whether a record is marked as deleted: administrators can still read such assets. */
export function isMarkedDeleted({ deleted }: JsonObject): boolean {
  // The time when it was deleted; null before.
  return Boolean(deleted);
}

/** Gets a JSON object. Throws `response-invalid` for anything else, and the failure of the call. */
export async function readObject(
  call: Pick<ApiCall, 'what' | 'api' | 'path' | 'filter' | 'quota'>,
  hub: HubApi,
  limit: TimeLimit,
): Promise<{ readonly object: JsonObject; readonly answer: Answer }> {
  const get = { ...call, ...managementCall(call.what), method: 'GET', expect: [200] } as const;
  const answer = await hub.call(get, limit);
  const object = parseJsonObject(answer.body);
  if (object === undefined) throw unusable(call.what, answer);
  return { object, answer };
}

export function undefinedIfNotThere(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

function isGone(error: unknown): boolean {
  return hasStatus(error, 404, 410);
}

/** An id in the form of both APIs, if it is one: it goes into paths and is shown. */
export function idOf(value: unknown, secrets: SecretKeeper): string | undefined {
  const text = asText(value);
  if (text === undefined || !/^[A-Za-z0-9][\w-]{0,127}$/.test(text)) return undefined;
  return secrets.redactPieces(text) === text ? text : undefined;
}

/** A tag that fits into a header, if it is one: agents have numbers, assets numbers or text. */
export function tagOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : asText(value);
  return text !== undefined && /^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined;
}

/** What all calls share that look up and delete agents and assets. */
export function managementCall(what: string): Pick<ApiCall, 'what' | 'meanings'> {
  return {
    what,
    meanings: {
      401: { code: 'unauthorized', message: `${what} failed: ${TOKEN_REFUSED}` },
      403: {
        code: 'forbidden',
        message: `${what} failed: Insights Hub does not allow this with these credentials. Looking up and deleting agents may need more roles than creating them: those of Agent Management (scopes agm.r, agm.d, obc.r, obc.sec) and, for the asset, perhaps mdsp:core:assetmanagement.admin. Ask an administrator of the tenant. Also check that no proxy removes the Authorization header: without a token, the answer can be the same.`,
      },
      409: {
        code: 'not-ended',
        message: `${what} was rejected because of a conflict: it is in use. Run this step again later.`,
      },
    },
  };
}
