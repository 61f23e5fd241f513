import { refusal } from '../http/refusal.ts';
import { isSuccess, statusOf } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { type GitHubApi, isRemoved, isWritten } from './api.ts';
import { describePlace, type Place, routeOf } from './place.ts';
import { gitHubContext, preparationFailure, writeFailure } from './refusals.ts';

/** Makes sure that the variables of a place can be read. Throws `destination-invalid`. */
export async function checkVariables(
  api: GitHubApi,
  place: Place,
  limit: TimeLimit,
): Promise<void> {
  const what = `Reading the variables of ${describePlace(place)}`;
  const { base, values } = routeOf(place, 'variables');
  const called = await api(`GET ${base}`, { ...values, per_page: 1 }, limit);
  if (!called.outcome.ended && isSuccess(called.outcome.exchange)) return;
  throw preparationFailure(gitHubContext(what, place, 'variables'), called, limit);
}

/**
 * Sets a variable. There is one call to change it (`PATCH …/variables/{name}`, 404 when it is not
 * there) and another to make it (`POST …/variables`, 409 when it is); a repeated POST may find its
 * own work done. Throws what the last call ends in.
 */
export async function setVariable(
  api: GitHubApi,
  place: Place,
  { name, value }: { readonly name: string; readonly value: string },
  limit: TimeLimit,
): Promise<void> {
  const { base, values } = routeOf(place, 'variables');
  const change = () =>
    api(`PATCH ${base}/{variable}`, { ...values, variable: name, name, value }, limit);
  let called = await change();
  let acted = called.outcome.mayHaveActed;
  if (statusOf(called.outcome.exchange) === 404) {
    called = await api(`POST ${base}`, { ...values, name, value }, limit);
    acted ||= called.outcome.mayHaveActed;
  }
  if (statusOf(called.outcome.exchange) === 409) called = await change();
  if (isWritten(called)) return;
  const context = gitHubContext(
    `Writing variable ${name} of ${describePlace(place)}`,
    place,
    'variables',
  );
  const outcome = { ...called.outcome, mayHaveActed: acted || called.outcome.mayHaveActed };
  throw writeFailure(context, { ...called, outcome }, limit);
}

/** Deletes a variable (`DELETE …/variables/{name}`); one that is not there is fine. */
export async function deleteVariable(
  api: GitHubApi,
  place: Place,
  name: string,
  limit: TimeLimit,
): Promise<void> {
  const what = `Deleting variable ${name} of ${describePlace(place)}`;
  const { base, values } = routeOf(place, 'variables');
  const called = await api(`DELETE ${base}/{name}`, { ...values, name }, limit);
  if (isRemoved(called)) return;
  throw refusal(gitHubContext(what, place, 'variables'), called.request, called.outcome, limit);
}
