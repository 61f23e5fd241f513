import { Failure } from './failure.ts';

/** An agent of the list, and the failure that befell it, if any. */
export interface Ended {
  readonly name: string;
  readonly failure: Failure | undefined;
}

/** The one failure of a step, which lists every agent that did not make it; nothing if all did. */
export function stepFailure(
  agents: readonly Ended[],
  { cancelled }: { readonly cancelled: boolean },
): Failure | undefined {
  const failed = agents.filter(({ failure }) => failure !== undefined);
  const failures = new Set(failed.map(({ failure }) => failure));
  const [first] = failures;
  if (first === undefined) return undefined;
  const list = listOf(failed);
  if (cancelled && first.code !== 'cancelled') {
    const message = `The job was cancelled before everything was done. ${list}`;
    return new Failure('cancelled', message, { call: first.call, cause: first });
  }
  if (failures.size === 1 && failed.length === agents.length) return first;
  const message = `${failed.length} of ${agents.length} agents failed. ${list}`;
  return new Failure(first.code, message, { call: first.call, cause: first });
}

/** So many failures are told in full; an annotation has room for 4096 characters. */
const MOST_TOLD = 10;

/** Names of agents are told up to this length, in UTF-16 units. */
const LONGEST_LIST = 2_500;

/** The failures; of many, the first in full and the others by code, the unclear ones first. */
function listOf(failed: readonly Ended[]): string {
  const told = failed
    .slice(0, MOST_TOLD)
    .map(({ name, failure }) => `${name}: [${failure?.code}] ${failure?.message}`);
  const byCode = Map.groupBy(failed.slice(MOST_TOLD), ({ failure }) => failure?.code ?? 'internal');
  const codes = [...byCode].sort(
    ([a], [b]) => Number(b === 'outcome-unknown') - Number(a === 'outcome-unknown'),
  );
  const others = codes.map(([code, agents]) => `And [${code}]: ${namesOf(agents)}.`);
  return [...told, ...others].join(' ');
}

function namesOf(agents: readonly Ended[]): string {
  const names = agents.map(({ name }) => name).join(', ');
  if (names.length <= LONGEST_LIST) return names;
  const end = names.lastIndexOf(', ', LONGEST_LIST);
  const left = names.slice(end).split(', ').length - 1;
  return `${names.slice(0, end)} and ${left} more, which the log has`;
}
