import { asFailure, Failure, hasStatus } from '../failure.ts';
import { isWebPage, type Meaning, unusable } from '../http/errors.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, parseJson } from '../json.ts';
import type { ApiCall, HubApi } from './api.ts';
import { idOf, managementCall } from './resources.ts';

/** The certificates of a tenant, as far as they could be read. */
export interface CertificateList {
  /** ids by client id; an empty list for certificates without a usable id */
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** client ids with a certificate whose id can't be used */
  readonly unusable: ReadonlySet<string>;
  /** why it could not be read completely; nothing if it was */
  readonly problem: Failure | undefined;
  /** whether any of it was read */
  readonly isBegun: boolean;
}

const WHAT = 'Listing the certificates';
const MOST_PAGES = 500;

/** The service's own words are not shown, so the message does not refer to them. */
const REJECTED: Meaning = { code: 'request-rejected', message: `${WHAT} was rejected.` };

/** The largest answer, in MiB: it may contain the certificates themselves. */
const LARGEST_PAGE = 16;

/**
 * Lists the certificates (MindConnect MQTT v3, `GET /agentCertificates`). The answer is not
 * documented, so all shapes are read that lists have elsewhere: an array, `content` and HAL, with
 * their pages. Only ids are read. Private keys, if there are any, are dropped unread. Never throws.
 */
export async function listCertificates(api: HubApi, limit: TimeLimit): Promise<CertificateList> {
  const ids = new Map<string, string[]>();
  const unusable = new Set<string>();
  let isBegun = false;
  let count = 0;
  let before = '';
  try {
    for (let number = 0; ; number++) {
      const { records, isLast } = await readPage({ number, before: count }, api, limit);
      isBegun = true;
      const text = JSON.stringify(records);
      // A service that ignores the page number would seem to have endless pages.
      if (number > 0 && records.length > 0 && text === before) {
        throw new Failure('response-invalid', `${WHAT} returned the same page again.`);
      }
      before = text;
      count += records.length;
      for (const record of records) note(record, { ids, unusable }, api);
      if (isLast) return { ids, unusable, problem: undefined, isBegun };
      if (number + 1 === MOST_PAGES) {
        throw new Failure('response-invalid', `${WHAT} did not end after ${MOST_PAGES} pages.`);
      }
    }
  } catch (error) {
    return { ids, unusable, problem: withoutWords(asFailure(error)), isBegun };
  }
}

/** Drops the service's own words as well: nobody knows what they contain. */
function withoutWords({ code, message, call }: Failure): Failure {
  if (call === undefined) return new Failure(code, message);
  const { said: _, ...known } = call;
  return new Failure(code, message, { call: known });
}

interface Notes {
  readonly ids: Map<string, string[]>;
  readonly unusable: Set<string>;
}

function note(record: unknown, { ids, unusable }: Notes, { secrets }: HubApi): void {
  const { id, certificateId, clientId } = asObject(record) ?? {};
  if (typeof clientId !== 'string') return;
  const known = idOf(id ?? certificateId, secrets);
  if (known === undefined) unusable.add(clientId);
  ids.set(clientId, [...(ids.get(clientId) ?? []), ...(known === undefined ? [] : [known])]);
}

/** Which page is read, and how many certificates the pages before it had. */
interface Place {
  readonly number: number;
  readonly before: number;
}

interface Page {
  readonly records: readonly unknown[];
  readonly isLast: boolean;
}

async function readPage(place: Place, api: HubApi, limit: TimeLimit): Promise<Page> {
  const { number } = place;
  const call: ApiCall = {
    what: WHAT,
    meanings: { ...managementCall(WHAT).meanings, 400: REJECTED, 404: REJECTED },
    method: 'GET',
    api: 'mindconnectmqtt',
    path: number === 0 ? 'agentCertificates' : `agentCertificates?page=${number}`,
    quota: 'list-certificates',
    expect: [200],
    largestAnswer: LARGEST_PAGE,
  };
  const answer = await api.call(call, limit);
  const page = pageOf(parseJson(answer.body), place);
  if (page === undefined) throw unusable(WHAT, answer);
  return page;
}

/** The records of a page, in any known shape; nothing for an unknown shape. */
function pageOf(body: unknown, place: Place): Page | undefined {
  const page =
    Array.isArray(body) && place.number === 0
      ? { records: body, isLast: true }
      : pageIn(body, place);
  const isKnown = page?.records.some((one) => typeof asObject(one)?.['clientId'] === 'string');
  return isKnown || page?.records.length === 0 ? page : undefined;
}

function pageIn(body: unknown, { number: wanted, before }: Place): Page | undefined {
  const object = asObject(body);
  if (object === undefined) return undefined;
  const lists = Object.values(asObject(object['_embedded']) ?? {}).filter(Array.isArray);
  const isEmpty = lists.length === 0 && asObject(object['page'])?.['totalElements'] === 0;
  const records: unknown = object['content'] ?? (isEmpty ? [] : lists[0]);
  if (!Array.isArray(records) || lists.length > 1) return undefined;
  const facts = { ...object, ...asObject(object['page']) };
  const { totalPages, totalElements, last, number = wanted } = facts;
  // A service that always gives the same page would be read forever.
  if (number !== wanted) return undefined;
  const isNextLinked = asObject(object['_links'])?.['next'] !== undefined;
  const isMoreCounted =
    typeof totalElements === 'number' && totalElements > before + records.length;
  const hasMore =
    typeof totalPages === 'number'
      ? wanted + 1 < totalPages
      : last === false || isNextLinked || isMoreCounted;
  return { records, isLast: !hasMore };
}

/**
 * Deletes a certificate (MindConnect MQTT v3, `DELETE /agentCertificates/{id}`). The effect on a
 * connected device is not documented. Throws the failure of the call.
 */
export async function deleteCertificate(
  id: string,
  api: HubApi,
  limit: TimeLimit,
): Promise<'deleted' | 'absent'> {
  const what = `Deleting certificate ${id}`;
  const call: ApiCall = {
    ...managementCall(what),
    method: 'DELETE',
    api: 'mindconnectmqtt',
    path: `agentCertificates/${id}`,
    quota: 'delete-certificate',
  };
  try {
    const answer = await api.call(call, limit);
    if (isWebPage(answer)) throw unusable(what, answer);
    return 'deleted';
  } catch (error) {
    if (hasStatus(error, 404, 410)) return 'absent';
    throw error;
  }
}
