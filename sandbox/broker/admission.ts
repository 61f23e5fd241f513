import type { IConnectPacket } from 'mqtt-packet';
import type { Books } from '../insights-hub/books.ts';
import type { Refusal } from './faults.ts';

/**
 * Decides whether an agent may connect: the certificate must have been issued to it, the agent must
 * still exist, and the client id must be its own. Returns the CONNACK return code.
 */
export function admit(
  { agents, certificates }: Books,
  { clientId, protocolVersion }: IConnectPacket,
  fingerprint: string,
): Refusal | 0 {
  if (protocolVersion === 5) return 1;
  const agent = certificates.get(fingerprint);
  if (agent === undefined || agents.get(agent.clientId) !== agent) return 5;
  return agent.clientId === clientId ? 0 : 2;
}

/** Whether an agent may publish to a topic (`o`) or subscribe to one (`i`). */
export function mayUseTopic(tenant: string, clientId: string, direction: 'i' | 'o', topic: string) {
  return topic.startsWith(`tc/${tenant}/${clientId}/${direction}/`);
}
