import pMap from 'p-map';
import type { SettingEraser } from './destinations/github-secrets.ts';
import { asFailure, Failure } from './failure.ts';
import type { Setting } from './github/scopes.ts';
import { cancelled } from './http/errors.ts';
import { allWithin, type Interruption, TimeLimit } from './http/time-limit.ts';
import {
  type AgentRecord,
  deleteAgent,
  findAgent,
  findAgentTwice,
  UnclearAgent,
} from './insights-hub/agents.ts';
import type { HubApi } from './insights-hub/api.ts';
import { deleteAsset } from './insights-hub/assets.ts';
import { type AgentIds, type AgentResult, allFailed } from './report/result.ts';

/** An agent to be deleted. */
export interface Target {
  readonly name: string;
  readonly clientId: string;
  /** secrets and variables that go with it */
  readonly settings: readonly Setting[];
  /** of an agent that this job created: the only agent id that it may have, if that is known */
  readonly own?: { readonly agentId: string | undefined };
}

export interface DeleteOptions {
  /** seconds that all network work of one agent may take */
  readonly timeout: number;
  /** agents in flight at once */
  readonly concurrency: number;
  readonly deleteAsset: boolean;
  readonly dryRun: boolean;
}

export interface DeleteServices {
  readonly api: HubApi;
  readonly eraser: SettingEraser | undefined;
  readonly interruption: Interruption;
  /** is told of each result as it is known */
  readonly finished: (result: AgentResult) => void;
}

/**
 * Deletes every agent of the list; a failure of one does not affect the others. None is touched
 * before the credentials, and the token for GitHub, are known to work. Keeps the list's order.
 */
export async function deleteAgents(
  targets: readonly Target[],
  options: DeleteOptions,
  services: DeleteServices,
): Promise<readonly AgentResult[]> {
  const { api, eraser, interruption } = services;
  const preparation = new TimeLimit(options.timeout, interruption);
  try {
    const erasing = eraser ? [eraser.prepare(preparation)] : [];
    await allWithin(preparation, [api.authenticate(preparation), ...erasing]);
  } catch (error) {
    const agents = targets.map(({ name, clientId }) => ({ name, ids: { clientId } }));
    return allFailed(agents, asFailure(error));
  }
  const deleteAndTell = async (target: Target) => {
    const limit = new TimeLimit(options.timeout, interruption);
    const begun = performance.now();
    const deleted = await deleteOne(target, options, services, limit);
    limit.end();
    const result = { ...deleted, ms: performance.now() - begun };
    services.finished(result);
    return result;
  };
  return pMap(targets, deleteAndTell, { concurrency: options.concurrency });
}

async function deleteOne(
  target: Target,
  { deleteAsset: withAsset, dryRun }: DeleteOptions,
  { api, eraser }: DeleteServices,
  limit: TimeLimit,
): Promise<AgentResult> {
  const { name, clientId, settings, own } = target;
  const removed: Setting[] = [];
  let ids: AgentIds = { clientId };
  try {
    if (limit.cancelled) throw cancelled(`Ending agent ${name}`);
    const agent = await find(target, api, limit);
    const isAbsent = agent === undefined;
    ids = { clientId, agentId: agent?.id };
    if (dryRun) return { name, ids, state: isAbsent ? 'absent' : 'would-delete' };
    if (!isAbsent) await deleteAgent(agent, api, limit);
    // An asset that the job's own agent does not name may have been there before it.
    if (withAsset && (own === undefined || agent?.assetId !== undefined)) {
      await deleteAsset({ clientId, assetId: agent?.assetId }, api, limit);
    }
    for (const setting of settings) {
      await eraser?.remove(setting, limit);
      removed.push(setting);
    }
    return { name, ids, removed, state: isAbsent ? 'absent' : 'deleted' };
  } catch (error) {
    return { name, ids, removed, state: 'failed', failure: asFailure(error) };
  }
}

/** The agent, if it is there. Throws `not-ended` for what may be another one. */
async function find(
  { name, clientId, own }: Target,
  api: HubApi,
  limit: TimeLimit,
): Promise<AgentRecord | undefined> {
  const leave = (found: string) =>
    new Failure(
      'not-ended',
      `Agent ${name} was left as it is: the look-up of client id ${clientId} found ${found}. Look at it in Insights Hub, and end it there.`,
    );
  // What the job has just created may show up later.
  const lookUp = own === undefined ? findAgent : findAgentTwice;
  const agent = await lookUp(clientId, api, limit).catch((error: unknown) => {
    throw error instanceof UnclearAgent ? leave(error.found) : error;
  });
  const isOther = own?.agentId !== undefined && own.agentId !== agent?.id;
  if (agent !== undefined && isOther) throw leave('an agent that may be another one');
  return agent;
}
