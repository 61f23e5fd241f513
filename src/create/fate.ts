import type { Delivery, Setting } from '../destinations/destination.ts';
import type { ExistingAgent } from '../destinations/existing-files.ts';
import type { Failure } from '../failure.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';

/** One agent as the outputs tell it: what is not known (yet) is left out. */
export interface Agent {
  readonly name: string;
  readonly agentId?: string | undefined;
  readonly clientId?: string;
  readonly agentName?: string | undefined;
  readonly certificateId?: string | undefined;
  readonly certificatePath?: string | undefined;
  readonly privateKeyPath?: string | undefined;
  readonly mqttxPath?: string | undefined;
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
  /** CAs that vouch for the broker, where a file was written */
  readonly brokerCaPath?: string | undefined;
  /** whether the broker accepted the certificate */
  readonly isVerified?: boolean;
  /** whether it was there already, and left as it is */
  readonly isSkipped?: boolean;
  readonly failure?: Failure | undefined;
  /** what all that was done for it took */
  readonly milliseconds?: number;
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
    mqttxPath: delivery?.mqttxPath,
    secretNames: secretNamesOf(delivery),
    fingerprint,
    expiresAt: expiresAt?.toISOString(),
  };
}

/** An agent that is there already, as far as its files tell. */
export function agentOfExisting(
  { name, expectedClientId }: Pick<AgentRequest, 'name' | 'expectedClientId'>,
  { certificatePath, privateKeyPath, mqttxPath, fingerprint, expiresAt }: ExistingAgent,
): Agent {
  return {
    name,
    clientId: expectedClientId,
    certificatePath,
    privateKeyPath,
    mqttxPath,
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
