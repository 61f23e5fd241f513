import type { SecretKeeper } from '../secret.ts';
import { showFailure } from '../shown.ts';
import type { Fate } from './fate.ts';

export interface LogOptions {
  /** With one agent the step's own failure says it all. */
  readonly several: boolean;
  readonly secrets: SecretKeeper;
}

/** The one line that the log tells of an agent. */
export function logLineOf(
  { agent, settings = [], isVerified, isSkipped, failure }: Fate,
  { several, secrets }: LogOptions,
): string {
  const facts = [
    `client id ${agent.clientId}`,
    agent.agentId && `agent id ${agent.agentId}`,
    agent.expiresAt && `certificate valid until ${agent.expiresAt.slice(0, 10)}`,
    `SHA-256 ${agent.fingerprint}`,
    agent.privateKeyPath && `private key in ${agent.privateKeyPath}`,
    agent.certificatePath && `certificate in ${agent.certificatePath}`,
    agent.mqttxPath && `connection for MQTTX in ${agent.mqttxPath}`,
    isVerified && 'connection accepted by the broker',
    ...settings.map(({ kind, name, place }) => `${kind} ${name} of ${place}`),
  ];
  const known = agent.clientId === undefined ? '' : `: ${facts.filter(Boolean).join(', ')}`;
  const what = isSkipped ? 'Skipped agent (its files are there)' : 'Created agent';
  if (failure === undefined) return `${what} ${agent.name}${known}`;
  const why = several ? showFailure(failure, (text) => secrets.redact(text)) : `[${failure.code}]`;
  return `Failed: agent ${agent.name} ${why}${known}`;
}
