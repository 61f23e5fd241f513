import type { Failure } from '../failure.ts';
import { isPrivateKey, type Setting } from '../github/scopes.ts';
import { code, folded, upTo, verbatim } from '../text.ts';
import { type FailureMeans, linkedCode } from './failure-list.ts';
import { CANCELLED } from './result.ts';

export const PASSED = '✅';
export const FAILED = '❌';

/** The results that failed, and the others. */
export function split<T extends { readonly state: string }>(results: readonly T[]) {
  const isFailed = ({ state }: T) => state === 'failed';
  return [results.filter(isFailed), results.filter((result) => !isFailed(result))] as const;
}

/** How many did not fit; the output of that name has all of them. */
export function moreNote(left: number, what: 'agents' | 'certificates' = 'agents'): string {
  return left > 0
    ? `${left} more ${what} don't fit here. The output \`${what}\` has all of them.`
    : '';
}

/** The full text of warnings that the log shows by kind only, as long as there is room. */
export function warningSection(warnings: readonly string[], bytes: number): readonly string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map((warning) => `- ${verbatim(warning)}`);
  const shown = upTo(bytes, lines);
  const left = lines.length - shown.length;
  const more = left > 0 ? [`- ${left} more don't fit here.`] : [];
  return folded(`Warnings: ${warnings.length}`, [...shown, ...more], { open: false });
}

/** Says that the job was cancelled, unless a result does; nothing if it was not. */
export function cancelledLine(
  failure: Failure | undefined,
  results: readonly { readonly failure?: Failure | undefined }[],
  means: FailureMeans,
): string {
  if (failure?.code !== 'cancelled') return '';
  const isTold = results.some((result) => result.failure?.code === 'cancelled');
  return isTold ? '' : `${linkedCode(failure, means)}: ${CANCELLED}`;
}

export function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function tableOf(titles: readonly string[], rows: readonly string[]): readonly string[] {
  return [rowOf(titles), rowOf(titles.map(() => '---')), ...rows];
}

export function settingOf({ kind, name, scope }: Setting): string {
  return `${kind} ${code(name)} of ${code(scope)}`;
}

/** The same for what was pushed, which also says whether a private key is encrypted. */
export function pushedOf(setting: Setting, { encrypted }: { readonly encrypted: boolean }): string {
  const form = encrypted && isPrivateKey(setting) ? ' (encrypted private key)' : '';
  return `${settingOf(setting)}${form}`;
}
