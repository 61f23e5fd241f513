import { Failure } from '../../src/failure.ts';
import type { AgentFacts } from '../../src/report/result.ts';

const CERTIFICATE = { fingerprint: 'AB:CD', expiresAt: new Date('2049-12-31T23:59:59Z') };

/** What is known of an agent whose key and certificate are in files. */
export function agentOf(name: string, directory = '/w') {
  return {
    name,
    ids: { clientId: `mqtt1-${name}`, agentId: `id-of-${name}` },
    certificate: CERTIFICATE,
    delivery: {
      files: {
        privateKey: `${directory}/mqtt1-${name}.key`,
        certificate: `${directory}/mqtt1-${name}.pem`,
      },
      settings: [],
    },
  } satisfies AgentFacts;
}

export const SECRET = { kind: 'secret', name: 'KEY', scope: 'repository octo/device' } as const;

/** A failure that quotes a server. */
export const EXISTS = new Failure('agent-exists', 'It is there, says the server.');

export function created(name: string) {
  return { ...agentOf(name), state: 'created' } as const;
}

export function failed(name: string, failure = EXISTS) {
  return { name, state: 'failed', failure } as const;
}
