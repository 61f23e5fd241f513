import { hash } from 'node:crypto';
import type { IssuedPair } from './authority.ts';
import { objectId } from './identifiers.ts';

export type BoardingStatus = 'NOT_ONBOARDED' | 'ONBOARDING' | 'ONBOARDED' | 'OFFBOARDING';

/** An agent: what was issued for it, and what Agent Management knows of it. */
export interface HubAgent {
  readonly id: string;
  readonly clientId: string;
  readonly owner: string | undefined;
  readonly pair: IssuedPair;
  readonly securityProfile: 'SHARED_SECRET';
  /** the client id, unless a test renames the agent */
  name: string;
  eTag: number;
  boarding: BoardingStatus;
  /** its asset, since it first connected */
  entityId: string | undefined;
  /** reads of its boarding status until it is offboarded; nothing when no offboarding goes on */
  readsUntilOffboarded: number | undefined;
}

/** An asset, as Asset Management knows it. */
export interface HubAsset {
  readonly id: string;
  readonly name: string;
  readonly externalId: string;
  readonly typeId: 'core.mcmqtt';
  etag: number;
}

/** What exists, and how it is told. */
export interface Books {
  /** by client id */
  readonly agents: Map<string, HubAgent>;
  /** by asset id */
  readonly assets: Map<string, HubAsset>;
  /** whose each certificate is, by SHA-256 fingerprint; also of agents that are gone */
  readonly certificates: Map<string, HubAgent>;
  /** whether records of agents name their client ids */
  readonly tellsClientIds: boolean;
  /** how many reads of the boarding status an offboarding takes */
  readonly offboarding: number;
}

/** A new agent, which has never connected. */
export function newAgent(clientId: string, owner: string | undefined, pair: IssuedPair): HubAgent {
  return {
    id: objectId(),
    clientId,
    owner,
    pair,
    securityProfile: 'SHARED_SECRET',
    name: clientId,
    eTag: 0,
    boarding: 'NOT_ONBOARDED',
    entityId: undefined,
    readsUntilOffboarded: undefined,
  };
}

/** A new asset, as an agent gets it when it first connects. */
export function newAsset(clientId: string): HubAsset {
  return { id: objectId(), name: clientId, externalId: clientId, typeId: 'core.mcmqtt', etag: 0 };
}

/** A certificate's SHA-256 fingerprint, as OpenSSL and Node write it. */
export function fingerprintOf(certificate: string): string {
  const der = Buffer.from(certificate.replace(/-----[^-]*-----/g, ''), 'base64');
  return (hash('sha256', der).toUpperCase().match(/../g) ?? []).join(':');
}
