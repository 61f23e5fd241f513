import type { DeliveredTo } from '../destinations/destination.ts';
import { Failure } from '../failure.ts';
import type { Setting } from '../github/scopes.ts';
import type { CertificateFacts } from '../keys/pem.ts';

/** The result of one agent of the list, in both actions. */
export type AgentResult = AgentFacts &
  (
    | { readonly state: keyof typeof DONE; readonly failure?: undefined }
    | { readonly state: 'failed'; readonly failure: Failure }
  );

/** How the work on an agent can succeed, in words for log and summary. */
export const DONE = {
  created: { log: 'Created agent', summary: 'created' },
  /** created, and accepted by the broker */
  connected: { log: 'Created agent', summary: 'created and connected' },
  /** in a dry run */
  checked: { log: 'Checked agent', summary: 'checked' },
  skipped: { log: 'Skipped agent (its files exist)', summary: 'skipped (its files exist)' },
  deleted: { log: 'Deleted agent', summary: 'deleted' },
  absent: { log: 'Did not find agent', summary: 'not found' },
  'would-delete': { log: 'Would delete agent', summary: 'would be deleted' },
} as const;

/** The results for the certificates of an agent to be deleted, in words for log and summary. */
export const CERTIFICATE_STATES = {
  deleted: { log: 'certificate deleted', summary: 'deleted' },
  absent: { log: 'certificate not found', summary: 'not found' },
  /** it is unknown whether there is one */
  unknown: { log: 'certificate unknown', summary: 'unknown' },
  failed: { log: 'deleting the certificate failed', summary: 'failed' },
  /** in a dry run */
  'would-delete': { log: 'certificate would be deleted', summary: 'would be deleted' },
} as const;

export type CertificateState = keyof typeof CERTIFICATE_STATES;

/** The result for a certificate to be deleted by its id. */
export type CertificateResult = { readonly certificateId: string } & (
  | { readonly state: 'deleted' | 'absent' | 'would-delete'; readonly failure?: undefined }
  | { readonly state: 'failed'; readonly failure: Failure }
);

/** The results for everything to be deleted, in the order of the lists. */
export interface Deleted {
  readonly agents: readonly AgentResult[];
  readonly certificates: readonly CertificateResult[];
}

/** What is known about an agent, whether it failed or not. */
export interface AgentFacts {
  readonly name: string;
  /** its ids at Insights Hub, as far as they are known */
  readonly ids?: AgentIds;
  readonly certificate?: CertificateFacts;
  /** of an agent to be deleted; nothing if its certificates are to stay */
  readonly certificateState?: CertificateState;
  /** where its certificate went */
  readonly delivery?: DeliveredTo;
  /** secrets and variables that are gone now */
  readonly deletedSettings?: readonly Setting[];
  /** secrets and variables that should have been deleted, but were not */
  readonly remaining?: readonly Setting[];
  /** how long everything for it took, in milliseconds */
  readonly ms?: number;
}

export interface AgentIds {
  readonly clientId: string;
  readonly agentId?: string | undefined;
  readonly agentName?: string | undefined;
  readonly certificateId?: string | undefined;
}

/** The results of agents that all fail with one failure, before any of them was worked on. */
export function allFailed(
  agents: readonly Pick<AgentFacts, 'name' | 'ids'>[],
  failure: Failure,
): readonly AgentResult[] {
  return agents.map(({ name, ids }) => ({ name, ...(ids && { ids }), state: 'failed', failure }));
}

/** How a step ended. */
interface StepEnd {
  readonly cancelled: boolean;
  /** those to be deleted by their ids */
  readonly certificates?: readonly CertificateResult[];
  /** where the agents are listed that do not fit into one message; the log, if not given */
  readonly whole?: string;
}

/** What a cancelled step says first. */
export const CANCELLED = 'The job was cancelled before everything was done.';

/** The one failure of a step, which lists everything that failed; nothing if nothing failed. */
export function stepFailure(
  results: readonly AgentResult[],
  { cancelled, certificates = [], whole = 'the log' }: StepEnd,
): Failure | undefined {
  const agents = failuresOf(results, ({ name }) => name);
  const others = failuresOf(certificates, ({ certificateId }) => `certificate ${certificateId}`);
  const failed = [...agents, ...others];
  const [first, ...more] = new Set(failed.map(({ failure }) => failure));
  if (first === undefined) return undefined;
  const isCancelled = cancelled && first.code !== 'cancelled';
  const isOfAll = more.length === 0 && failed.length === results.length + certificates.length;
  if (!isCancelled && isOfAll) return first;
  const counts = [
    agents.length > 0 ? `${agents.length} of ${results.length} agents` : '',
    others.length > 0 ? `${others.length} of ${certificates.length} certificates` : '',
  ].filter(Boolean);
  const what = isCancelled ? CANCELLED : `${counts.join(' and ')} failed.`;
  const code = isCancelled ? 'cancelled' : first.code;
  return new Failure(code, `${what} ${listOf(failed, whole)}`, { call: first.call, cause: first });
}

/** Something that failed, with the name that a person knows it by. */
interface Named {
  readonly name: string;
  readonly failure: Failure;
}

function failuresOf<T extends { readonly failure?: Failure | undefined }>(
  results: readonly T[],
  nameOf: (result: T) => string,
): readonly Named[] {
  return results.flatMap((result) => {
    const { failure } = result;
    return failure === undefined ? [] : [{ name: nameOf(result), failure }];
  });
}

/** This many failures are shown in full; an annotation has room for 4096 characters. */
const MOST_TOLD = 10;

/** The longest list of names, in UTF-16 units. */
const LONGEST_LIST = 2_500;

/** The failures: the first ones in full, the others by code, unclear outcomes first. */
function listOf(failed: readonly Named[], whole: string): string {
  const told = failed
    .slice(0, MOST_TOLD)
    .map(({ name, failure }) => `${name}: [${failure.code}] ${failure.message}`);
  const byCode = Map.groupBy(failed.slice(MOST_TOLD), ({ failure }) => failure.code);
  const codes = [...byCode].sort(
    ([a], [b]) => Number(b === 'outcome-unknown') - Number(a === 'outcome-unknown'),
  );
  const others = codes.map(([code, those]) => `And [${code}]: ${namesOf(those, whole)}.`);
  return [...told, ...others].join(' ');
}

function namesOf(failed: readonly Named[], whole: string): string {
  const names = failed.map(({ name }) => name).join(', ');
  if (names.length <= LONGEST_LIST) return names;
  const end = names.lastIndexOf(', ', LONGEST_LIST);
  const left = names.slice(end).split(', ').length - 1;
  return `${names.slice(0, end)} and ${left} more, which are in ${whole}`;
}
