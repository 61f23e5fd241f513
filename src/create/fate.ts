import type { Delivery, Setting } from '../destinations/destination.ts';
import { Failure } from '../failure.ts';
import type { IssuedCertificate } from '../insights-hub/agent-certificates.ts';

/** One agent as the outputs tell it: what is not known (yet) is left out. */
export interface Agent {
  readonly name: string;
  readonly agentId?: string | undefined;
  readonly clientId?: string;
  readonly agentName?: string | undefined;
  readonly certificateId?: string | undefined;
  readonly certificatePath?: string | undefined;
  readonly privateKeyPath?: string | undefined;
  /** names of the secrets that were written */
  readonly secretNames?: readonly string[] | undefined;
  readonly fingerprint?: string;
  /** ISO 8601, UTC */
  readonly expiresAt?: string | undefined;
}

/** What became of one agent of the list. */
export interface Fate {
  readonly agent: Agent;
  /** secrets and variables that were written for it */
  readonly settings?: readonly Setting[];
  readonly failure?: Failure | undefined;
}

/** The fates of agents that one failure hit before any was made. */
export function allFailed(
  names: readonly { readonly name: string }[],
  failure: Failure,
): readonly Fate[] {
  return names.map(({ name }) => ({ agent: { name }, failure }));
}

export function agentOf(issued: IssuedCertificate, delivery?: Delivery): Agent {
  const { name, agentId, clientId, agentName, certificateId, fingerprint, expiresAt } = issued;
  return {
    name,
    agentId,
    clientId,
    agentName,
    certificateId,
    certificatePath: delivery?.certificatePath,
    privateKeyPath: delivery?.privateKeyPath,
    secretNames: secretNamesOf(delivery),
    fingerprint,
    expiresAt: expiresAt?.toISOString(),
  };
}

/** Each name once, though it may be written in two places; nothing when none was. */
function secretNamesOf(delivery: Delivery | undefined): readonly string[] | undefined {
  const settings = delivery?.settings?.filter(({ kind }) => kind === 'secret') ?? [];
  const names = new Set(settings.map(({ name }) => name));
  return names.size > 0 ? [...names] : undefined;
}

/** The one failure of a step, which lists every agent that did not make it; nothing if all did. */
export function stepFailure(
  fates: readonly Fate[],
  { cancelled }: { readonly cancelled: boolean },
): Failure | undefined {
  const failed = fates.filter(({ failure }) => failure !== undefined);
  const failures = new Set(failed.map(({ failure }) => failure));
  const [first] = failures;
  if (first === undefined) return undefined;
  const list = failed
    .map(({ agent, failure }) => `${agent.name}: [${failure?.code}] ${failure?.message}`)
    .join(' ');
  if (cancelled && first.code !== 'cancelled') {
    const message = `The job was cancelled before everything was delivered. ${list}`;
    return new Failure('cancelled', message, { call: first.call, cause: first });
  }
  if (failures.size === 1 && failed.length === fates.length) return first;
  const message = `${failed.length} of ${fates.length} agents failed. ${list}`;
  return new Failure(first.code, message, { call: first.call, cause: first });
}
