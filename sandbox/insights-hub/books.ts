import { hash } from 'node:crypto';
import type { IssuedPair } from './authority.ts';
import { certificateId, objectId } from './identifiers.ts';

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
  /** while it is being offboarded: after how many more reads of its boarding status that ends */
  readsUntilOffboarded: number | undefined;
}

/** A certificate that exists; it may outlive its agent. */
export interface HubCertificate {
  readonly id: string;
  readonly clientId: string;
  readonly agentId: string;
  readonly owner: string | undefined;
  readonly pair: IssuedPair;
  /** SHA-256, in the notation of OpenSSL and Node */
  readonly fingerprint: string;
}

/** An asset in Asset Management. */
export interface HubAsset {
  readonly id: string;
  readonly parentId: string;
  readonly name: string;
  readonly externalId: string | undefined;
  readonly typeId: string;
  etag: number;
  /** when it was deleted, in ISO 8601 */
  deleted: string | undefined;
}

/**
 * The shape of the list of certificates. It is only known that the list exists, so it can be a bare
 * array, pages as in Agent Management or Asset Management, or something that no client knows.
 */
export type CertificateList = 'array' | 'content' | 'hal' | 'unknown';

/** The state of the hub, and options for how it is presented. */
export interface Books {
  readonly origin: string;
  readonly tenant: string;
  /** by client id */
  readonly agents: Map<string, HubAgent>;
  /** those that exist, by id */
  readonly assets: Map<string, HubAsset>;
  /** those that were deleted, but can still be read, by id */
  readonly deletedAssets: Map<string, HubAsset>;
  /** those that exist, by id; includes those of deleted agents */
  readonly certificates: Map<string, HubCertificate>;
  /** whether agents are returned with their client ids */
  readonly tellsClientIds: boolean;
  /** after how many reads of the boarding status an agent is offboarded */
  readonly offboarding: number;
  /** whether offboarding changes an agent's tag */
  readonly offboardingChangesTag: boolean;
  readonly certificateList: CertificateList;
  /** whether lists and records of certificates contain the certificates and their private keys */
  readonly tellsKeys: boolean;
  /** whether lists also contain deleted assets */
  readonly listsDeletedAssets: boolean;
  /** the answer to a request to delete a deleted asset */
  readonly deletedAssetStatus: 400 | 409 | 410;
  /** whether deleted assets can still be read */
  readonly softDelete: boolean;
  /** whether Asset Management fails for callers that only accept plain JSON */
  readonly strictAccept: boolean;
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

/** Makes a certificate for an agent. */
export function newCertificate(
  { id: agentId, clientId, owner }: HubAgent,
  pair: IssuedPair,
): HubCertificate {
  const fingerprint = fingerprintOf(pair.certificate);
  return { id: certificateId(), clientId, agentId, owner, pair, fingerprint };
}

/** The fields of a new asset; the defaults are those of an agent's asset. */
export type AssetFacts = Pick<HubAsset, 'parentId'> &
  Partial<Pick<HubAsset, 'name' | 'externalId' | 'typeId'>>;

export function newAsset({ typeId = 'core.mcmqtt', externalId, ...facts }: AssetFacts): HubAsset {
  const name = facts.name ?? externalId ?? 'asset';
  return { ...facts, id: objectId(), name, externalId, typeId, etag: 0, deleted: undefined };
}

/** The SHA-256 fingerprint of a certificate, in the notation of OpenSSL and Node. */
function fingerprintOf(certificate: string): string {
  const der = Buffer.from(certificate.replace(/-----[^-]*-----/g, ''), 'base64');
  return (hash('sha256', der).toUpperCase().match(/../g) ?? []).join(':');
}
