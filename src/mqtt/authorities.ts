import { getCACertificates } from 'node:tls';

/**
 * The CA certificates that this machine trusts, as PEM: those that Node brings, those of
 * NODE_EXTRA_CA_CERTS and those of the system's store, each once. Reading the store blocks for as
 * long as a trip to a server and back may take.
 */
export function trustedAuthorities(): string {
  const all = [...getCACertificates('default'), ...getCACertificates('system')];
  return [...new Set(all.map((pem) => `${pem.trim()}\n`))].join('');
}
