import type { AgentRequest, IssuedCertificate } from '../../src/insights-hub/certificates.ts';
import { Secret } from '../../src/secret.ts';

export const requestOf = (name: string): AgentRequest => ({
  name,
  owner: undefined,
  expectedClientId: `mqtt1_${name}`,
  keyFormat: 'issued',
  passphrase: undefined,
  ephemeral: false,
});

export const issuedFor = (
  name: string,
  more: Partial<IssuedCertificate> = {},
): IssuedCertificate => ({
  name,
  clientId: `mqtt1_${name}`,
  agentId: undefined,
  agentName: undefined,
  certificateId: undefined,
  privateKey: new Secret(`the key of ${name}\n`),
  plainKey: new Secret(`the plain key of ${name}\n`),
  certificate: `the certificate of ${name}\n`,
  fingerprint: 'AB:CD',
  expiresAt: undefined,
  altered: [],
  ...more,
});
