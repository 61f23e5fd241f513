import type { FailureCode } from '../../src/failure.ts';
import type { FaultName } from './faults.ts';

/** Whether a fault hits one request of the endpoint, or all of them. */
export type Times = 'once' | 'always';

/** Where the private key is afterwards. */
export type KeyPlace =
  /** Insights Hub issued none */
  | 'none'
  /** in its file, which the post step deletes */
  | 'file'
  | 'secret'
  /** in the output directory, or under RUNNER_TEMP, where the post step leaves it */
  | 'rescued'
  | 'temporary'
  /** it was issued, and nobody has it */
  | 'lost'
  /** deleted together with the agent */
  | 'removed';

/** What exists afterwards: agents, assets and certificates at Insights Hub, secrets at GitHub, and the key. */
export interface Left {
  readonly agents: number;
  readonly assets: number;
  readonly certificates: number;
  readonly secrets: number;
  readonly key: KeyPlace;
}

/**
 * Faults with the same result: how the step ends, how many requests the endpoint gets (attempts, where
 * none gets through), and what is left.
 */
export type Row = readonly [
  faults: readonly FaultName[],
  times: Times,
  ends: FailureCode | 'success',
  requests: number,
  left: Left,
];

/** What is asked for, and in which circumstances: see `scenarios.ts`. */
export type Endpoint =
  | 'token'
  | 'application-token'
  | 'create'
  | 'look-up'
  | 'look-up-found'
  | 'list'
  | 'list-found'
  | 'ephemeral'
  | 'public-key'
  | 'names'
  | 'secret'
  | 'files'
  | 'rescue'
  | 'list-to-delete'
  | 'delete-certificate'
  | 'delete-certificate-by-id'
  | 'find'
  | 'offboard'
  | 'delete-agent'
  | 'delete-asset'
  | 'delete-secret';

/** The part of the matrix for one endpoint. */
export interface Section {
  readonly endpoint: Endpoint;
  /** a heading of the page */
  readonly title: string;
  /** what happens there, for a person who does not know */
  readonly about: string;
  readonly rows: readonly Row[];
}

/**
 * Requests that are all asked to come back in 30 s or less, or without saying when: each pause counts
 * as 30 s at least, and after 10 minutes of them comes the last request.
 */
export const PAUSES = 21;

/** Answers that are unusual but valid in HTTP: they change nothing. */
export const ODD = ['gzip', 'headers', 'interim', 'pieces'] as const;

const left = (
  agents: number,
  assets: number,
  certificates: number,
  secrets: number,
  key: KeyPlace,
): Left => ({ agents, assets, certificates, secrets, key });

/** Of the create action, whose agents have no assets yet. */
export const NOTHING = left(0, 0, 0, 0, 'none');
export const WRITTEN = left(1, 0, 1, 0, 'file');
export const PUSHED = left(1, 0, 1, 2, 'secret');
export const RESCUED = left(1, 0, 1, 0, 'rescued');
export const RESCUED_AND_PUSHED = left(1, 0, 1, 2, 'rescued');
export const HALF_PUSHED = left(1, 0, 1, 1, 'rescued');
export const IN_TEMPORARY = left(1, 0, 1, 0, 'temporary');
export const LOST = left(1, 0, 1, 0, 'lost');

/** Of the delete action, in the order of its work. */
export const UNTOUCHED = left(1, 1, 1, 2, 'secret');
export const CERTIFICATE_GONE = left(1, 1, 0, 2, 'secret');
export const AGENT_GONE = left(0, 1, 0, 2, 'secret');
export const ASSET_GONE = left(0, 0, 0, 2, 'secret');
export const ONLY_ASSET_LEFT = left(0, 1, 0, 0, 'removed');
export const ONLY_CERTIFICATE_LEFT = left(0, 0, 1, 0, 'removed');
export const ALL_GONE = left(0, 0, 0, 0, 'removed');
