import type { IConnectPacket } from 'mqtt-packet';
import type { Books } from '../insights-hub/books.ts';
import type { Refusal } from './faults.ts';

/**
 * Decides whether an agent may connect: the certificate must have been issued to it, both must still
 * exist, and the client id must be its own. Returns the CONNACK return code.
 */
export function admit(
  { agents, certificates }: Books,
  { clientId, protocolVersion }: IConnectPacket,
  fingerprint: string,
): Refusal | 0 {
  if (protocolVersion === 5) return 1;
  // Several agents share a certificate only if the hub was given key pairs to hand out in turn.
  const own = [...certificates.values()].filter((known) => known.fingerprint === fingerprint);
  const certificate = own.find((known) => known.clientId === clientId) ?? own[0];
  if (certificate === undefined) return 5;
  const agent = agents.get(certificate.clientId);
  if (agent?.id !== certificate.agentId) return 5;
  return certificate.clientId === clientId ? 0 : 2;
}

/** Whether an agent may publish to a topic (`o`) or subscribe to one (`i`). */
export function mayUseTopic(tenant: string, clientId: string, direction: 'i' | 'o', topic: string) {
  return topic.startsWith(`tc/${tenant}/${clientId}/${direction}/`);
}
