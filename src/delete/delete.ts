import pMap from 'p-map';
import type { Setting } from '../destinations/destination.ts';
import type { Eraser } from '../destinations/erase-settings.ts';
import { asFailure, Failure } from '../failure.ts';
import { cancelled } from '../http/refusal.ts';
import { allWithin, type Interruption, TimeLimit } from '../http/time-limit.ts';
import {
  type AgentRecord,
  endAgent,
  lookUpAgent,
  lookUpTwice,
  type Sighting,
} from '../insights-hub/agents.ts';
import { deleteAsset } from '../insights-hub/assets.ts';
import type { ApiServices } from '../insights-hub/call.ts';

/** An agent to be ended. */
export interface Target {
  readonly name: string;
  readonly clientId: string;
  /** secrets and variables that go with it */
  readonly settings: readonly Setting[];
  /** of an agent that this job created, whose end is all that is wanted */
  readonly own?: OwnAgent;
}

/** What is known of an agent that this job created. */
export interface OwnAgent {
  /** the only agent id that it may have; nothing where the client id is proof enough */
  readonly agentId: string | undefined;
}

/** What became of one agent of the list. */
export interface EndFate {
  readonly name: string;
  readonly clientId: string;
  /** nothing when it was not found */
  readonly agentId: string | undefined;
  readonly result: 'deleted' | 'absent' | 'failed' | 'would-delete';
  /** secrets and variables that are gone now */
  readonly removed: readonly Setting[];
  readonly failure: Failure | undefined;
  /** what all that was done for it took */
  readonly milliseconds?: number;
}

export interface EndOptions {
  /** seconds that all network work of one agent may take */
  readonly timeout: number;
  /** agents in flight at once */
  readonly concurrency: number;
  readonly deleteAsset: boolean;
  readonly dryRun: boolean;
}

export interface EndServices extends ApiServices {
  readonly eraser: Eraser | undefined;
  readonly interruption: Interruption;
  /** Is told of each fate as it is known. */
  readonly finished: (fate: EndFate) => void;
}

/**
 * Ends every agent of the list, or tells why not; what fails for one leaves the others alone. None
 * is touched before it is known that the credentials, and the token for GitHub, work. Gives the
 * fates in the order of the list.
 */
export async function endAgents(
  targets: readonly Target[],
  options: EndOptions,
  services: EndServices,
): Promise<readonly EndFate[]> {
  const preparation = new TimeLimit(options.timeout, services.interruption);
  try {
    const { tokens, eraser } = services;
    const erasing = eraser ? [eraser.prepare(preparation)] : [];
    await allWithin(preparation, [tokens.get(preparation), ...erasing]);
  } catch (error) {
    const failure = asFailure(error);
    return targets.map((target) => untouched(target, failure));
  }
  return pMap(
    targets,
    async (target) => {
      const limit = new TimeLimit(options.timeout, services.interruption);
      const begun = performance.now();
      const ended = await endOne(target, options, services, limit);
      const fate = { ...ended, milliseconds: performance.now() - begun };
      limit.dispose();
      services.finished(fate);
      return fate;
    },
    { concurrency: options.concurrency },
  );
}

/** The fate of an agent that nothing was done about. */
function untouched({ name, clientId }: Target, failure: Failure): EndFate {
  return { name, clientId, agentId: undefined, result: 'failed', removed: [], failure };
}

async function endOne(
  target: Target,
  { deleteAsset: withAsset, dryRun }: EndOptions,
  services: EndServices,
  limit: TimeLimit,
): Promise<EndFate> {
  const { name, clientId, settings } = target;
  let agent: AgentRecord | undefined;
  const removed: Setting[] = [];
  const fate = (result: EndFate['result'], failure?: Failure): EndFate => {
    return { name, clientId, agentId: agent?.id, result, removed, failure };
  };
  try {
    if (limit.cancelled) throw cancelled(`Ending agent ${name}`);
    agent = await find(target, services, limit);
    if (dryRun) return fate(agent === undefined ? 'absent' : 'would-delete');
    if (agent !== undefined) await endAgent(agent, services, limit);
    // An asset that the job's own agent does not name may have been there before it.
    const mayBeFound = target.own === undefined;
    if (withAsset && (mayBeFound || agent?.assetId !== undefined)) {
      await deleteAsset({ clientId, assetId: agent?.assetId }, services, limit);
    }
    for (const setting of settings) {
      await services.eraser?.remove(setting, limit);
      removed.push(setting);
    }
    return fate(agent === undefined ? 'absent' : 'deleted');
  } catch (error) {
    return fate('failed', asFailure(error));
  }
}

/** The agent, if it is there. Throws `not-ended` for what may be another one. */
async function find(
  { name, clientId, own }: Target,
  services: EndServices,
  limit: TimeLimit,
): Promise<AgentRecord | undefined> {
  // What the job has just made may show up late.
  const lookUp = own === undefined ? lookUpAgent : lookUpTwice;
  const sighting: Sighting = await lookUp(clientId, services, limit);
  const leave = (found: string) =>
    new Failure(
      'not-ended',
      `Agent ${name} was left as it is: the look-up of client id ${clientId} found ${found}. Look at it in Insights Hub, and end it there.`,
    );
  if (sighting.kind === 'absent') return undefined;
  if (sighting.kind === 'unclear') throw leave(sighting.found);
  const { agent } = sighting;
  if (own?.agentId !== undefined && own.agentId !== agent.id) {
    throw leave('an agent that may be another one');
  }
  return agent;
}
