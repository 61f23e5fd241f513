import { hash } from 'node:crypto';
import type { IssuedPair } from './authority.ts';
import { objectId } from './identifiers.ts';

export type BoardingStatus = 'NOT_ONBOARDED' | 'ONBOARDING' | 'ONBOARDED' | 'OFFBOARDING';

/** An agent: its key pair, and what Agent Management knows about it. */
export interface HubAgent {
  readonly id: string;
  readonly clientId: string;
  readonly owner: string | undefined;
  readonly pair: IssuedPair;
  readonly securityProfile: 'SHARED_SECRET';
  /** equal to the client id, unless a test renames the agent */
  name: string;
  eTag: number;
  boarding: BoardingStatus;
  /** the id of its asset, which it gets when it first connects */
  entityId: string | undefined;
  /** while it is being offboarded: how many more reads of its boarding status that takes */
  readsUntilOffboarded: number | undefined;
}

/** An asset in Asset Management. */
export interface HubAsset {
  readonly id: string;
  readonly name: string;
  readonly externalId: string;
  readonly typeId: 'core.mcmqtt';
  etag: number;
}

/** The state of the hub, and options for how it is presented. */
export interface Books {
  /** by client id */
  readonly agents: Map<string, HubAgent>;
  /** by asset id */
  readonly assets: Map<string, HubAsset>;
  /** the owner of each certificate, by SHA-256 fingerprint; includes agents that were deleted */
  readonly certificates: Map<string, HubAgent>;
  /** whether agents are returned with their client ids */
  readonly tellsClientIds: boolean;
  /** how many reads of the boarding status it takes until an agent is offboarded */
  readonly offboarding: number;
}

/** Makes an agent that has never connected. */
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

/** Makes the asset that an agent gets when it first connects. */
export function newAsset(clientId: string): HubAsset {
  return { id: objectId(), name: clientId, externalId: clientId, typeId: 'core.mcmqtt', etag: 0 };
}

/** The SHA-256 fingerprint of a certificate, in the notation of OpenSSL and Node. */
export function fingerprintOf(certificate: string): string {
  const der = Buffer.from(certificate.replace(/-----[^-]*-----/g, ''), 'base64');
  return (hash('sha256', der).toUpperCase().match(/../g) ?? []).join(':');
}
