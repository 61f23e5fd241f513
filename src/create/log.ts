import type { SecretKeeper } from '../secret.ts';
import { showFailure } from '../shown.ts';
import type { Fate } from './fate.ts';

export interface LogOptions {
  /** With one agent the step's own failure says it all. */
  readonly several: boolean;
  readonly secrets: SecretKeeper;
}

/** The one line that the log tells of an agent. */
export function logLineOf(fate: Fate, { several, secrets }: LogOptions): string {
  const { agent, isVerified, isSkipped, failure, milliseconds } = fate;
  const facts = [
    agent.clientId && `client id ${agent.clientId}`,
    agent.clientId && agent.expiresAt && `certificate valid until ${agent.expiresAt.slice(0, 10)}`,
    isVerified && 'connection accepted by the broker',
    !isSkipped && milliseconds !== undefined && `${(milliseconds / 1000).toFixed(1)} s`,
  ].filter(Boolean);
  const known = facts.length === 0 ? '' : `: ${facts.join(', ')}`;
  const what = isSkipped ? 'Skipped agent (its files are there)' : 'Created agent';
  if (failure === undefined) return `${what} ${agent.name}${known}`;
  const why = several ? showFailure(failure, (text) => secrets.redact(text)) : `[${failure.code}]`;
  return `Failed: agent ${agent.name} ${why}${known}`;
}

/** What else there is to know of an agent, on one line; nothing where there is nothing. */
export function detailsOf({ agent, settings = [] }: Fate): string | undefined {
  if (agent.clientId === undefined) return undefined;
  const facts = [
    agent.agentId && `agent id ${agent.agentId}`,
    agent.certificateId && `certificate id ${agent.certificateId}`,
    `SHA-256 ${agent.fingerprint}`,
    agent.privateKeyPath && `private key in ${agent.privateKeyPath}`,
    agent.certificatePath && `certificate in ${agent.certificatePath}`,
    agent.mqttxPath && `connection for MQTTX in ${agent.mqttxPath}`,
    ...settings.map(({ kind, name, place }) => `${kind} ${name} of ${place}`),
  ];
  return `Agent ${agent.name}: ${facts.filter(Boolean).join(', ')}`;
}
