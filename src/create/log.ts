import type { Fate } from './fate.ts';

/** The one line that the log tells of an agent. */
export function logLineOf({ agent, failure }: Fate): string {
  const facts = [
    `client id ${agent.clientId}`,
    agent.agentId && `agent id ${agent.agentId}`,
    `certificate valid until ${agent.expiresAt?.slice(0, 10)}`,
    `SHA-256 ${agent.fingerprint}`,
    agent.privateKeyPath && `private key in ${agent.privateKeyPath}`,
    agent.certificatePath && `certificate in ${agent.certificatePath}`,
  ];
  const known = agent.clientId === undefined ? '' : `: ${facts.filter(Boolean).join(', ')}`;
  if (failure === undefined) return `Created agent ${agent.name}${known}`;
  return `Failed: agent ${agent.name}, ${failure.code}${known}`;
}
