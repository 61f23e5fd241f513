import type { Setting } from '../github/scopes.ts';
import type { Host } from '../host/host.ts';
import { listsOf } from './lists.ts';
import type { AgentIds } from './result.ts';

/**
 * Warns of what is left, and names all of it, with a warning that ends in a colon. Names that don't
 * fit into the annotation follow in the log.
 */
export function warnOfLeft(
  host: Pick<Host, 'warn' | 'info'>,
  warning: string,
  names: readonly string[],
): void {
  const [first = 'nothing known', ...more] = listsOf(names);
  const rest = more.length === 0 ? '' : ', and more, which are in the log';
  host.warn(`${warning} ${first}${rest}.`);
  for (const list of more) host.info(`More: ${list}`);
}

export function nameOfAgent({ clientId, certificateId }: AgentIds): string {
  return `agent ${clientId}${certificateId === undefined ? '' : ` (certificate ${certificateId})`}`;
}

export function nameOfSetting({ kind, name, scope }: Setting): string {
  return `${kind} ${name} of ${scope}`;
}
