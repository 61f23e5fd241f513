import type { Delivery } from '../destinations/destination.ts';
import { Failure } from '../failure.ts';
import type { Setting } from '../github/scopes.ts';
import type { CertificateFacts } from '../keys/pem.ts';

/** What became of one agent of the list, in both actions. */
export type AgentResult = AgentFacts &
  (
    | { readonly state: keyof typeof DONE; readonly failure?: undefined }
    | { readonly state: 'failed'; readonly failure: Failure }
  );

/** How the work on an agent can end well, in the words of log and summary. */
export const DONE = {
  created: { log: 'Created agent', summary: 'created' },
  /** created, and accepted by the broker */
  connected: { log: 'Created agent', summary: 'created and connected' },
  /** in a dry run */
  checked: { log: 'Checked agent', summary: 'checked' },
  skipped: { log: 'Skipped agent (its files are there)', summary: 'there already' },
  deleted: { log: 'Ended: agent', summary: 'ended' },
  absent: { log: 'Not there: agent', summary: 'not there' },
  'would-delete': { log: 'Would end: agent', summary: 'would be ended' },
} as const;

/** What is known of an agent, whatever became of it. */
export interface AgentFacts {
  readonly name: string;
  /** what Insights Hub calls it, as far as it is known */
  readonly ids?: AgentIds;
  readonly certificate?: CertificateFacts;
  /** where its certificate went */
  readonly delivery?: Pick<Delivery, 'files' | 'settings'>;
  /** secrets and variables that are gone now */
  readonly removed?: readonly Setting[];
  /** what all that was done for it took, in milliseconds */
  readonly ms?: number;
}

export interface AgentIds {
  readonly clientId: string;
  readonly agentId?: string | undefined;
  readonly agentName?: string | undefined;
  readonly certificateId?: string | undefined;
}

/** The results of agents that one failure hit before anything was done about any. */
export function allFailed(
  agents: readonly Pick<AgentFacts, 'name' | 'ids'>[],
  failure: Failure,
): readonly AgentResult[] {
  return agents.map(({ name, ids }) => ({ name, ...(ids && { ids }), state: 'failed', failure }));
}

/** The one failure of a step, which lists every agent that failed; nothing if none did. */
export function stepFailure(
  results: readonly AgentResult[],
  { cancelled }: { readonly cancelled: boolean },
): Failure | undefined {
  const failed = results.filter((result) => result.state === 'failed');
  const [first, ...others] = new Set(failed.map(({ failure }) => failure));
  if (first === undefined) return undefined;
  const isCancelled = cancelled && first.code !== 'cancelled';
  if (!isCancelled && others.length === 0 && failed.length === results.length) return first;
  const what = isCancelled
    ? 'The job was cancelled before everything was done.'
    : `${failed.length} of ${results.length} agents failed.`;
  const code = isCancelled ? 'cancelled' : first.code;
  return new Failure(code, `${what} ${listOf(failed)}`, { call: first.call, cause: first });
}

type FailedAgent = Extract<AgentResult, { state: 'failed' }>;

/** So many failures are told in full; an annotation has room for 4096 characters. */
const MOST_TOLD = 10;

/** Names of agents are told up to this length, in UTF-16 units. */
const LONGEST_LIST = 2_500;

/** The failures; of many, the first in full and the others by code, the unclear ones first. */
function listOf(failed: readonly FailedAgent[]): string {
  const told = failed
    .slice(0, MOST_TOLD)
    .map(({ name, failure }) => `${name}: [${failure.code}] ${failure.message}`);
  const byCode = Map.groupBy(failed.slice(MOST_TOLD), ({ failure }) => failure.code);
  const codes = [...byCode].sort(
    ([a], [b]) => Number(b === 'outcome-unknown') - Number(a === 'outcome-unknown'),
  );
  const others = codes.map(([code, agents]) => `And [${code}]: ${namesOf(agents)}.`);
  return [...told, ...others].join(' ');
}

function namesOf(agents: readonly FailedAgent[]): string {
  const names = agents.map(({ name }) => name).join(', ');
  if (names.length <= LONGEST_LIST) return names;
  const end = names.lastIndexOf(', ', LONGEST_LIST);
  const left = names.slice(end).split(', ').length - 1;
  return `${names.slice(0, end)} and ${left} more, which the log has`;
}
