import { Failure } from '../failure.ts';
import { failedCall, refusal } from '../http/refusal.ts';
import { isSuccess } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, parseJsonObject } from '../json.ts';
import type { Secret } from '../secret.ts';
import { type GitHubApi, isRemoved, isWritten } from './api.ts';
import { describePlace, type Place, routeOf } from './place.ts';
import { gitHubContext, preparationFailure, writeFailure } from './refusals.ts';
import { readPublicKey, sealSecret } from './sealed-box.ts';

/** The key that the secrets of a place are sealed with. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * Reads the public key of a place (`GET …/secrets/public-key`), which shows that the place is there
 * and that the token may see it. Throws `destination-invalid` where it is not so.
 */
export async function fetchSealingKey(
  api: GitHubApi,
  place: Place,
  limit: TimeLimit,
): Promise<SealingKey> {
  const where = describePlace(place);
  const context = gitHubContext(`Reading the public key for secrets of ${where}`, place, 'secrets');
  const { base, values } = routeOf(place, 'secrets');
  const called = await api(`GET ${base}/public-key`, values, limit);
  const { exchange, ended } = called.outcome;
  if (ended || !isSuccess(exchange) || exchange.kind !== 'answer') {
    throw preparationFailure(context, called, limit);
  }
  const answer = parseJsonObject(exchange.body);
  const id = asText(answer?.['key_id']);
  const key = readPublicKey(asText(answer?.['key']) ?? '');
  if (id === undefined || key === undefined) {
    throw new Failure(
      'destination-invalid',
      `${context.what} gave no key. Check that the runner's GITHUB_API_URL leads to GitHub's API.`,
      { call: failedCall(context, called.request, exchange) },
    );
  }
  return { id, key };
}

/** Seals and sets a secret (`PUT …/secrets/{name}`); throws what the call ends in. */
export async function setSecret(
  api: GitHubApi,
  place: Place,
  { name, value, key }: { readonly name: string; readonly value: Secret; readonly key: SealingKey },
  limit: TimeLimit,
): Promise<void> {
  const context = gitHubContext(
    `Writing secret ${name} of ${describePlace(place)}`,
    place,
    'secrets',
  );
  const { base, values } = routeOf(place, 'secrets');
  const body = { encrypted_value: sealSecret(value, key.key), key_id: key.id };
  const called = await api(`PUT ${base}/{name}`, { ...values, name, ...body }, limit);
  if (!isWritten(called)) throw writeFailure(context, called, limit);
}

/** Deletes a secret (`DELETE …/secrets/{name}`); one that is not there is fine. */
export async function deleteSecret(
  api: GitHubApi,
  place: Place,
  name: string,
  limit: TimeLimit,
): Promise<void> {
  const what = `Deleting secret ${name} of ${describePlace(place)}`;
  const { base, values } = routeOf(place, 'secrets');
  const called = await api(`DELETE ${base}/{name}`, { ...values, name }, limit);
  if (isRemoved(called)) return;
  throw refusal(gitHubContext(what, place, 'secrets'), called.request, called.outcome, limit);
}
