import { Failure } from '../failure.ts';
import { type CallContext, failedCall, refusal } from '../http/refusal.ts';
import { isSuccess, statusOf } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, type JsonObject, parseJsonObject } from '../json.ts';
import type { SecretKeeper } from '../secret.ts';
import { type ApiCall, type ApiServices, type Called, type CallPolicy, callApi } from './call.ts';
import { insightsHub } from './refusals.ts';

/** Something that is deleted with the tag that it has. */
export interface Tagged extends Pick<ApiCall, 'api' | 'path'> {
  /** for a person, e.g. `the agent with client id mqtt1_device001` */
  readonly name: string;
  /** the field that holds the tag: the two APIs spell it differently */
  readonly tagField: 'eTag' | 'etag';
  /** what is sent for a resource that comes without a tag */
  readonly tagWithout?: string;
  /** whether it is what it is taken for, by what was read of it */
  readonly isIt?: (record: JsonObject) => boolean;
}

/**
 * Deletes a resource with the tag that it has just now (`DELETE` with `If-Match`); one that is gone
 * already is fine, and told apart. A tag that changed in between (412) is read anew, once. Throws
 * `not-ended` when it has changed again, or when a conflict (409) keeps the resource, and what the
 * calls end in.
 */
export async function deleteTagged(
  resource: Tagged,
  services: ApiServices,
  limit: TimeLimit,
  policy: CallPolicy = {},
): Promise<'deleted' | 'not-there'> {
  const { api, path, name } = resource;
  const context = endingContext(`Deleting ${name}`);
  for (let tries = 1; ; tries++) {
    const tag = await readTag(resource, services, limit);
    if (tag === undefined) return 'not-there';
    const call: ApiCall = { method: 'DELETE', api, path, ifMatch: tag };
    const called = await callApi(call, services, limit, policy);
    if (isNotThere(called)) return 'not-there';
    if (isDone(called)) return 'deleted';
    if (statusOf(called.outcome.exchange) !== 412) {
      throw refusal(context, called.request, called.outcome, limit);
    }
    if (tries > 1) throw changedTwice(context, called);
  }
}

/** Whether a delete was done. A page with content is no answer to it, but of something on the way. */
function isDone({ outcome: { exchange } }: Called): boolean {
  return exchange.kind === 'answer' && isSuccess(exchange) && exchange.body.trim() === '';
}

function changedTwice(context: CallContext, { request, outcome }: Called): Failure {
  return new Failure(
    'not-ended',
    `${context.what} was given up, because it was changed twice in the meantime. Run this step again.`,
    { call: failedCall(context, request, outcome.exchange) },
  );
}

/** The tag that a resource has now; nothing when it is gone. */
async function readTag(
  { api, path, name, tagField, tagWithout, isIt }: Tagged,
  services: ApiServices,
  limit: TimeLimit,
): Promise<string | undefined> {
  const called = await callApi({ method: 'GET', api, path }, services, limit);
  if (isNotThere(called)) return undefined;
  const context = endingContext(`Reading ${name}`);
  const record = readObject(called, context, limit);
  if (isIt !== undefined && !isIt(record)) {
    throw new Failure(
      'not-ended',
      `${context.what} showed something else, so it was left as it is. Look at it in Insights Hub.`,
    );
  }
  const tag = tagOf(record[tagField]) ?? tagWithout;
  if (tag === undefined) throw refusal(context, called.request, called.outcome, limit);
  return tag;
}

export function isNotThere({ outcome }: Called): boolean {
  return statusOf(outcome.exchange) === 404;
}

/** The JSON object that a call was answered with (200). Throws what the call ends in. */
export function readObject(called: Called, context: CallContext, limit: TimeLimit): JsonObject {
  const { request, outcome } = called;
  const { exchange } = outcome;
  const isAnswer = exchange.kind === 'answer' && exchange.status === 200;
  const object = isAnswer ? parseJsonObject(exchange.body) : undefined;
  if (object === undefined) throw refusal(context, request, outcome, limit);
  return object;
}

/** An id as both APIs have them: it goes into paths, and is shown. */
export function idOf(value: unknown, secrets: SecretKeeper): string | undefined {
  const text = asText(value);
  if (text === undefined || !/^[A-Za-z0-9][\w-]{0,127}$/.test(text)) return undefined;
  return secrets.redact(text) === text ? text : undefined;
}

/** A tag as it can be sent in a header: agents have numbers, assets numbers or text. */
function tagOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : asText(value);
  return text !== undefined && /^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined;
}

/** What refusals mean for the calls that look up and end agents and assets. */
export function endingContext(what: string): CallContext {
  return {
    ...insightsHub,
    what,
    meanings: {
      401: {
        code: 'unauthorized',
        message: `${what} failed: Insights Hub did not accept the token. Check that it was issued for this tenant and has not expired: tokens live for about 30 minutes.`,
      },
      403: {
        code: 'forbidden',
        message: `${what} failed: Insights Hub does not allow it to these credentials. Looking up and ending agents may need more roles than creating them: those of Agent Management (scopes agm.r, agm.d, obc.r, obc.sec) and, for the asset, mdsp:core:assetmanagement.admin is a candidate. Ask an administrator of the tenant.`,
      },
      409: {
        code: 'not-ended',
        message: `${what} was refused because of a conflict: something of it is in use. Run this step again later.`,
      },
    },
  };
}
