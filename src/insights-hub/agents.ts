import { Failure, hasStatus } from '../failure.ts';
import { cancelled, unusable } from '../http/errors.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, parseJsonObject } from '../json.ts';
import type { HubApi } from './api.ts';
import {
  deleteResource,
  idOf,
  managementCall,
  readObject,
  tagOf,
  undefinedIfNotThere,
} from './resources.ts';

/** An agent as Agent Management has it. */
export interface AgentRecord {
  readonly id: string;
  readonly clientId: string;
  /** id of its asset, if it has one */
  readonly assetId: string | undefined;
  /** the tag that it had when it was looked up, if the record holds one */
  readonly tag?: string | undefined;
}

/** Something is there that can't be taken for the agent that was looked up. */
export class UnclearAgent extends Failure {
  /** what was found, e.g. `several agents` */
  readonly found: string;

  constructor(clientId: string, found: string) {
    super('response-invalid', `The look-up of client id ${clientId} found ${found}.`);
    this.found = found;
  }
}

/** The time until the second look-up, in milliseconds: a new agent may show up a moment later. */
const SECOND_LOOK_UP = 2_000;

/** How long offboarding may take, and the waits between looks at its status, in milliseconds. */
const LONGEST_OFFBOARDING = 60_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;

/**
 * Looks an agent up by its client id (Agent Management v3, `GET /agents` with a filter). Only a 200
 * with an empty list proves that it is absent. Throws UnclearAgent for anything but one agent whose
 * record proves the client id, and what the call ends in.
 */
export async function findAgent(
  clientId: string,
  api: HubApi,
  limit: TimeLimit,
): Promise<AgentRecord | undefined> {
  const what = `Looking up the agent with client id ${clientId}`;
  const filter = { mqttClientId: clientId };
  const at = { api: 'agentmanagement', path: 'agents', quota: 'find-agent' } as const;
  const { object, answer } = await readObject({ what, ...at, filter }, api, limit);
  const { content, totalElements, last } = object;
  if (!Array.isArray(content)) throw unusable(what, answer);
  const isWhole = (totalElements ?? content.length) === content.length && last !== false;
  if (content.length === 0 && isWhole) return undefined;
  if (content.length !== 1 || !isWhole) throw new UnclearAgent(clientId, 'several agents');
  const record = asObject(content[0]) ?? {};
  if ((record['mqttClientId'] ?? record['name']) !== clientId) {
    throw new UnclearAgent(clientId, 'an agent whose record does not prove that client id');
  }
  const id = idOf(record['id'], api.secrets);
  if (id === undefined) throw new UnclearAgent(clientId, 'an agent without a usable id');
  const assetId = idOf(record['entityId'], api.secrets);
  return { id, clientId, assetId, tag: tagOf(record['eTag']) };
}

/** The same, but an agent is absent only if two look-ups say so. */
export async function findAgentTwice(clientId: string, api: HubApi, limit: TimeLimit) {
  const first = await findAgent(clientId, api, limit);
  if (first !== undefined) return first;
  await api.clock.sleep(SECOND_LOOK_UP, limit.signal);
  return findAgent(clientId, api, limit);
}

/**
 * Offboards an agent and deletes it (`DELETE /agents/{id}`) with the tag of its look-up. It is read
 * only if there was none, or if it has changed. An agent that is gone already is fine. Throws
 * `not-ended` when it stays as it is, and what the calls end in.
 */
export async function deleteAgent(agent: AgentRecord, api: HubApi, limit: TimeLimit) {
  await offboardAgent(agent, api, limit);
  const name = `the agent with client id ${agent.clientId}`;
  const resource = {
    api: 'agentmanagement',
    path: `agents/${agent.id}`,
    name,
    quotas: { read: 'find-agent', delete: 'delete-agent' },
    tagField: 'eTag',
    tag: agent.tag,
  } as const;
  if ((await deleteResource(resource, api, limit)) === 'deleted') return;
  // A 404 or 410 said that it is not there, but may come from something in between.
  const found = await findAgent(agent.clientId, api, limit).catch((error: unknown) => {
    if (!(error instanceof UnclearAgent)) throw error;
    return error;
  });
  if (found === undefined) return;
  throw new Failure(
    'not-ended',
    `Deleting ${name} was answered as if it were not there, but the look-up still finds it. Run this step again later.`,
  );
}

/** Offboards an agent, and waits until that is done. Throws `not-ended` when it stays onboarded. */
async function offboardAgent(agent: AgentRecord, api: HubApi, limit: TimeLimit): Promise<void> {
  const { clock } = api;
  let status = await offboard(agent, api, limit);
  const end = clock.now() + LONGEST_OFFBOARDING;
  for (let wait = FIRST_WAIT; status !== 'NOT_ONBOARDED'; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    if (clock.now() + wait > end || wait >= limit.remaining()) {
      const known = ['ONBOARDED', 'ONBOARDING'].find((word) => word === status);
      throw new Failure(
        'not-ended',
        `The agent with client id ${agent.clientId} is still ${known ?? 'not offboarded'} after it was asked to be offboarded, so it was not deleted. Disconnect the device, and run this step again later.`,
      );
    }
    await clock.sleep(wait, limit.signal);
    if (limit.cancelled) throw cancelled(`Offboarding the agent with client id ${agent.clientId}`);
    status = await readStatus(agent, api, limit);
  }
}

/** Agent Management v3, `POST /agents/{id}/boarding/offboard`: returns the status afterwards. */
async function offboard(agent: AgentRecord, api: HubApi, limit: TimeLimit): Promise<unknown> {
  const what = `Offboarding the agent with client id ${agent.clientId}`;
  const path = `agents/${agent.id}/boarding/offboard`;
  try {
    const call = { ...managementCall(what), method: 'POST', api: 'agentmanagement', path } as const;
    const { body } = await api.call(call, limit);
    return parseJsonObject(body)?.['status'];
  } catch (error) {
    // There is no boarding.
    if (hasStatus(error, 404, 410)) return 'NOT_ONBOARDED';
    // The refusal may only say that there is nothing to offboard.
    if (!hasStatus(error, 400, 409, 422)) throw error;
    const status = await readStatus(agent, api, limit);
    // A conflict may also say that it is being offboarded already.
    if (status === 'NOT_ONBOARDED' || hasStatus(error, 409)) return status;
    throw error;
  }
}

async function readStatus(agent: AgentRecord, api: HubApi, limit: TimeLimit): Promise<unknown> {
  const what = `Reading whether the agent with client id ${agent.clientId} is onboarded`;
  const path = `agents/${agent.id}/boarding/status`;
  const call = { what, api: 'agentmanagement', path } as const;
  const found = await readObject(call, api, limit).catch(undefinedIfNotThere);
  return found === undefined ? 'NOT_ONBOARDED' : found.object['status'];
}
