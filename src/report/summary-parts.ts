import type { Failure } from '../failure.ts';
import type { Setting } from '../github/scopes.ts';
import { code } from '../text.ts';
import { type AgentResult, DONE } from './result.ts';

export const PASSED = '✅';
export const FAILED = '❌';
export const WHERE_REASONS_ARE = 'The log says why, and what to do.';

/** Those that failed, and the others. */
export function split<T extends { readonly state: string }>(results: readonly T[]) {
  const isFailed = ({ state }: T) => state === 'failed';
  return [results.filter(isFailed), results.filter((result) => !isFailed(result))] as const;
}

export function moreNote(left: number, what: 'agents' | 'certificates' = 'agents'): string {
  return left > 0 ? `${left} more ${what} have no room here; the log has all of them.` : '';
}

export function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function tableOf(titles: readonly string[], rows: readonly string[]): readonly string[] {
  return [rowOf(titles), rowOf(titles.map(() => '---')), ...rows];
}

export function stateOf({ state, failure }: AgentResult): string {
  return state === 'failed' ? failedWith(failure) : DONE[state].summary;
}

export function failedWith(failure: Failure): string {
  return `failed: ${code(failure.code)}`;
}

export function settingOf({ kind, name, scope }: Setting): string {
  return `${kind} ${code(name)} of ${code(scope)}`;
}
