import pMap from 'p-map';
import {
  allCertificatesFailed,
  type CertificateEraser,
  type CertificateOptions,
  type CertificateServices,
  certificateDeleter,
  certificateEraser,
  deleteCertificates,
} from './delete-certificates.ts';
import type { SettingEraser } from './destinations/github-secrets.ts';
import { asFailure, Failure } from './failure.ts';
import type { Setting } from './github/scopes.ts';
import { cancelled } from './http/errors.ts';
import { allWithin, TimeLimit } from './http/time-limit.ts';
import {
  type AgentRecord,
  deleteAgent,
  findAgent,
  findAgentTwice,
  UnclearAgent,
} from './insights-hub/agents.ts';
import type { HubApi } from './insights-hub/api.ts';
import { deleteAsset } from './insights-hub/assets.ts';
import {
  type AgentIds,
  type AgentResult,
  allFailed,
  type CertificateResult,
  type Deleted,
} from './report/result.ts';

/** An agent to delete. */
export interface Target {
  readonly name: string;
  readonly clientId: string;
  /** secrets and variables to delete with it */
  readonly settings: readonly Setting[];
  /**
   * for an agent that this job created: the only agent id that it may have, and the id of its
   * certificate, if they are known
   */
  readonly own?: {
    readonly agentId: string | undefined;
    readonly certificateId: string | undefined;
  };
}

export interface DeleteOptions extends CertificateOptions {
  /** certificates to delete besides those of the agents */
  readonly certificateIds: readonly string[];
  readonly deleteCertificate: boolean;
  readonly deleteAsset: boolean;
}

export interface DeleteServices extends Omit<CertificateServices, 'deleteCertificate'> {
  readonly eraser: SettingEraser | undefined;
  /** learn each result as soon as it is known */
  readonly finished: (result: AgentResult) => void;
  readonly finishedCertificate: (result: CertificateResult) => void;
}

/**
 * Deletes every agent of the list; a failure of one does not affect the others. Touches none before
 * the credentials and the token for GitHub are known to work. Keeps the order of the list.
 */
export async function deleteAgents(
  targets: readonly Target[],
  options: DeleteOptions,
  services: DeleteServices,
): Promise<Deleted> {
  const { api, eraser, interruption } = services;
  const { certificateIds, timeout, concurrency } = options;
  const preparation = new TimeLimit(timeout, interruption);
  try {
    const erasing = eraser ? [eraser.prepare(preparation)] : [];
    await allWithin(preparation, [api.authenticate(preparation), ...erasing]);
  } catch (error) {
    const failure = asFailure(error);
    const agents = targets.map(({ name, clientId }) => ({ name, ids: { clientId } }));
    return {
      agents: allFailed(agents, failure),
      certificates: allCertificatesFailed(certificateIds, failure),
    };
  }
  const { finishedCertificate } = services;
  const means = { ...services, deleteCertificate: certificateDeleter(api) };
  // The list is read before anything is deleted, because its pages would shift.
  const eraseCertificates = options.deleteCertificate
    ? await certificateEraser(targets, options, means)
    : undefined;
  const certificates = deleteCertificates(certificateIds, options, means, finishedCertificate);
  const deleteAndTell = async (target: Target) => {
    const limit = new TimeLimit(timeout, interruption);
    const begun = performance.now();
    const deleted = await deleteOne(target, options, { ...services, eraseCertificates }, limit);
    limit.end();
    const result = { ...deleted, ms: performance.now() - begun };
    services.finished(result);
    return result;
  };
  const agents = await pMap(targets, deleteAndTell, { concurrency });
  return { agents, certificates: await certificates };
}

interface Means extends DeleteServices {
  readonly eraseCertificates: CertificateEraser | undefined;
}

async function deleteOne(
  target: Target,
  { deleteAsset: withAsset, dryRun }: DeleteOptions,
  { api, eraser, eraseCertificates }: Means,
  limit: TimeLimit,
): Promise<AgentResult> {
  const { name, clientId, settings, own } = target;
  const deletedSettings: Setting[] = [];
  let facts: { readonly ids: AgentIds } & Pick<AgentResult, 'certificateState'> = {
    ids: { clientId },
  };
  try {
    if (limit.cancelled) throw cancelled(`Deleting agent ${name}`);
    // First, so that a device can't reconnect meanwhile.
    const resume = limit.pause();
    const certificateState = await eraseCertificates?.(target);
    resume();
    if (certificateState !== undefined) facts = { ...facts, certificateState };
    const agent = await find(target, api, limit);
    const isAbsent = agent === undefined;
    facts = { ...facts, ids: { clientId, agentId: agent?.id } };
    if (dryRun) return { name, ...facts, state: isAbsent ? 'absent' : 'would-delete' };
    if (!isAbsent) await deleteAgent(agent, api, limit);
    // An asset that the job's own agent does not name may have existed before it.
    if (withAsset && (own === undefined || agent?.assetId !== undefined)) {
      await deleteAsset({ clientId, assetId: agent?.assetId }, api, limit);
    }
    for (const setting of settings) {
      await eraser?.delete(setting, limit);
      deletedSettings.push(setting);
    }
    return { name, ...facts, deletedSettings, state: isAbsent ? 'absent' : 'deleted' };
  } catch (error) {
    const remaining = dryRun ? [] : settings.slice(deletedSettings.length);
    return {
      name,
      ...facts,
      deletedSettings,
      remaining,
      state: 'failed',
      failure: asFailure(error),
    };
  }
}

/** The agent, if it exists. Throws `not-ended` for anything that may be a different agent. */
async function find(
  { name, clientId, own }: Target,
  api: HubApi,
  limit: TimeLimit,
): Promise<AgentRecord | undefined> {
  const leave = (found: string) =>
    new Failure(
      'not-ended',
      `Agent ${name} was not deleted: the look-up of client id ${clientId} found ${found}. Look at it in Insights Hub, and delete it there.`,
    );
  // An agent that the job has just created may show up later.
  const lookUp = own === undefined ? findAgent : findAgentTwice;
  const agent = await lookUp(clientId, api, limit).catch((error: unknown) => {
    throw error instanceof UnclearAgent ? leave(error.found) : error;
  });
  const isOther = own?.agentId !== undefined && own.agentId !== agent?.id;
  if (agent !== undefined && isOther) throw leave('an agent that may be a different one');
  return agent;
}
