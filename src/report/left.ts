import type { Setting } from '../github/scopes.ts';
import type { Host } from '../host/host.ts';
import type { AgentIds } from './result.ts';

/** So much of a list goes into one line, in UTF-16 units: an annotation has room for 4096. */
const LONGEST_LIST = 2_500;

/**
 * Warns of what is left, and names all of it, with a warning that ends in a colon. What has no room
 * in the annotation follows in lines of the log.
 */
export function warnOfLeft(
  host: Pick<Host, 'warn' | 'info'>,
  warning: string,
  names: readonly string[],
): void {
  const [first = 'nothing that is known', ...more] = listsOf(names);
  const rest = more.length === 0 ? '' : ', and more, which the log names';
  host.warn(`${warning} ${first}${rest}.`);
  for (const list of more) host.info(`More: ${list}`);
}

export function nameOfAgent({ clientId, certificateId }: AgentIds): string {
  return `agent ${clientId}${certificateId === undefined ? '' : ` (certificate ${certificateId})`}`;
}

export function nameOfSetting({ kind, name, scope }: Setting): string {
  return `${kind} ${name} of ${scope}`;
}

/** The names as lists, each as long as it may be. */
function listsOf(names: readonly string[]): readonly string[] {
  const lists: string[] = [];
  for (const name of names) {
    const longer = lists.length === 0 ? name : `${lists.at(-1)}, ${name}`;
    if (lists.length > 0 && longer.length <= LONGEST_LIST) lists[lists.length - 1] = longer;
    else lists.push(name);
  }
  return lists;
}
