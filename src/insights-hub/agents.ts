import { Failure } from '../failure.ts';
import { refusal } from '../http/refusal.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, type JsonObject } from '../json.ts';
import type { SecretKeeper } from '../secret.ts';
import { offboardAgent } from './boarding.ts';
import { type ApiServices, callApi } from './call.ts';
import { deleteTagged, endingContext, idOf, readObject, type Tagged } from './management.ts';

/** An agent as Agent Management has it. */
export interface AgentRecord {
  readonly id: string;
  readonly clientId: string;
  /** id of its asset, if it has one */
  readonly assetId: string | undefined;
}

/** What a look-up by client id came to. */
export type Sighting =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly agent: AgentRecord }
  /** something is there that can't be taken for the agent; `found` says what */
  | { readonly kind: 'unclear'; readonly found: string };

/** What was just made may show up late: the second look comes after this time, in milliseconds. */
const SECOND_LOOK = 2_000;

/**
 * Looks an agent up by its client id (Agent Management v3, `GET /agents` with a filter). Absent is
 * only what the service answers with 200 and an empty list; a 404 proves nothing. Present is only
 * one agent whose record proves the client id. Throws what the call ends in.
 */
export async function lookUpAgent(
  clientId: string,
  services: ApiServices,
  limit: TimeLimit,
): Promise<Sighting> {
  const called = await callApi(
    { method: 'GET', api: 'agentmanagement', path: 'agents', filter: { mqttClientId: clientId } },
    services,
    limit,
  );
  const context = endingContext(`Looking up the agent with client id ${clientId}`);
  const { content, totalElements, last } = readObject(called, context, limit);
  if (!Array.isArray(content)) throw refusal(context, called.request, called.outcome, limit);
  const isWhole = (totalElements ?? content.length) === content.length && last !== false;
  if (content.length === 0 && isWhole) return { kind: 'absent' };
  if (content.length !== 1 || !isWhole) return { kind: 'unclear', found: 'several agents' };
  return sightingOf(asObject(content[0]) ?? {}, clientId, services.secrets);
}

/** The same, but absent is only what is so twice. */
export async function lookUpTwice(
  clientId: string,
  services: ApiServices,
  limit: TimeLimit,
): Promise<Sighting> {
  const first = await lookUpAgent(clientId, services, limit);
  if (first.kind !== 'absent') return first;
  await services.clock.sleep(SECOND_LOOK, limit.signal);
  return lookUpAgent(clientId, services, limit);
}

function sightingOf(record: JsonObject, clientId: string, secrets: SecretKeeper): Sighting {
  if ((record['mqttClientId'] ?? record['name']) !== clientId) {
    return { kind: 'unclear', found: 'an agent whose record does not prove that client id' };
  }
  const id = idOf(record['id'], secrets);
  if (id === undefined) return { kind: 'unclear', found: 'an agent without a usable id' };
  const assetId = idOf(record['entityId'], secrets);
  return { kind: 'present', agent: { id, clientId, assetId } };
}

/**
 * Offboards an agent and deletes it (`DELETE /agents/{id}`). What is gone already is fine. Throws
 * `not-ended` when the agent stays as it is, and what the calls end in.
 */
export async function endAgent(
  agent: AgentRecord,
  services: ApiServices,
  limit: TimeLimit,
): Promise<void> {
  const { id, clientId } = agent;
  await offboardAgent(agent, services, limit);
  const name = `the agent with client id ${clientId}`;
  const resource: Tagged = { api: 'agentmanagement', path: `agents/${id}`, name, tagField: 'eTag' };
  const end = await deleteTagged(resource, services, limit);
  // That it is not there was said by a 404, which proves nothing: somebody on the way may say so.
  if (end === 'deleted' || (await lookUpAgent(clientId, services, limit)).kind === 'absent') return;
  throw new Failure(
    'not-ended',
    `Deleting ${name} was answered as if it were not there, but the look-up still finds it. Run this step again later.`,
  );
}
