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

/** An agent, as Agent Management knows it. */
export interface AgentRecord {
  readonly id: string;
  readonly clientId: string;
  /** id of its asset, if it has one */
  readonly assetId: string | undefined;
  /** its tag when it was looked up, if the record has one */
  readonly tag?: string | undefined;
}

/** The look-up found something that is not clearly the agent. */
export class UnclearAgent extends Failure {
  /** what was found, for example `several agents` */
  readonly found: string;

  constructor(clientId: string, found: string) {
    super('response-invalid', `The look-up of client id ${clientId} found ${found}.`);
    this.found = found;
  }
}

/** The wait before the second look-up, in milliseconds: a new agent may show up a moment later. */
const SECOND_LOOK_UP = 2_000;

/** How long offboarding may take, and the waits between reads of its status, in milliseconds. */
const LONGEST_OFFBOARDING = 60_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;

/**
 * Looks an agent up by its client id (Agent Management v3, `GET /agents` with a filter). Only a 200
 * with an empty list proves that it is absent. Throws UnclearAgent for anything but one agent whose
 * record proves the client id, and the failure of the call.
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

/** The same, but only two look-ups prove that an agent is absent. */
export async function findAgentTwice(clientId: string, api: HubApi, limit: TimeLimit) {
  const first = await findAgent(clientId, api, limit);
  if (first !== undefined) return first;
  await api.clock.sleep(SECOND_LOOK_UP, limit.signal);
  return findAgent(clientId, api, limit);
}

/**
 * Offboards an agent and deletes it (`DELETE /agents/{id}`) with the tag from its look-up. Reads the
 * tag only if there was none, or if it has changed. Accepts an agent that is already gone. Throws
 * `not-ended` if the agent stays, and the failures of the calls.
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
  // The answer was 404 or 410, but it may come from something in between.
  const found = await findAgent(agent.clientId, api, limit).catch((error: unknown) => {
    if (!(error instanceof UnclearAgent)) throw error;
    return error;
  });
  if (found === undefined) return;
  throw new Failure(
    'not-ended',
    `Insights Hub answered that ${name} does not exist, but the look-up still finds it. Run this step again later.`,
  );
}

/** Offboards an agent and waits until that is done. Throws `not-ended` if it stays onboarded. */
async function offboardAgent(agent: AgentRecord, api: HubApi, limit: TimeLimit): Promise<void> {
  const { clock } = api;
  let status = await offboard(agent, api, limit);
  const end = clock.now() + LONGEST_OFFBOARDING;
  for (let wait = FIRST_WAIT; status !== 'NOT_ONBOARDED'; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    if (clock.now() + wait > end || wait >= limit.remaining()) {
      const known = ['ONBOARDED', 'ONBOARDING'].find((word) => word === status);
      throw new Failure(
        'not-ended',
        `The agent with client id ${agent.clientId} is still ${known ?? 'not offboarded'} after the request to offboard it, so it was not deleted. Disconnect the device, then run this step again.`,
      );
    }
    await clock.sleep(wait, limit.signal);
    if (limit.cancelled) throw cancelled(`Offboarding the agent with client id ${agent.clientId}`);
    status = await readStatus(agent, api, limit);
  }
}

/** Agent Management v3, `POST /agents/{id}/boarding/offboard`. Returns the status after it. */
async function offboard(agent: AgentRecord, api: HubApi, limit: TimeLimit): Promise<unknown> {
  const what = `Offboarding the agent with client id ${agent.clientId}`;
  const path = `agents/${agent.id}/boarding/offboard`;
  try {
    const call = { ...managementCall(what), method: 'POST', api: 'agentmanagement', path } as const;
    const { body } = await api.call(call, limit);
    return parseJsonObject(body)?.['status'];
  } catch (error) {
    // It was never onboarded, or is gone.
    if (hasStatus(error, 404, 410)) return 'NOT_ONBOARDED';
    // Perhaps there is just nothing to offboard.
    if (!hasStatus(error, 400, 409, 422)) throw error;
    const status = await readStatus(agent, api, limit);
    // A conflict may also mean that it is already being offboarded.
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
