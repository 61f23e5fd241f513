import { isPrivateKey, type Setting } from '../github/scopes.ts';
import { code, folded, upTo } from '../text.ts';

export const PASSED = '✅';
export const FAILED = '❌';

/** Those that failed, and the others. */
export function split<T extends { readonly state: string }>(results: readonly T[]) {
  const isFailed = ({ state }: T) => state === 'failed';
  return [results.filter(isFailed), results.filter((result) => !isFailed(result))] as const;
}

/** What has no room; the output of that name has it. */
export function moreNote(left: number, what: 'agents' | 'certificates' = 'agents'): string {
  return left > 0 ? `${left} more ${what} have no room here; \`${what}\` has all of them.` : '';
}

/** The warnings that the log tells by kind only, whole, as long as there is room. */
export function warningSection(warnings: readonly string[], bytes: number): readonly string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map((warning) => `- ${code(warning)}`);
  const shown = upTo(bytes, lines);
  const left = lines.length - shown.length;
  const more = left > 0 ? [`- ${left} more have no room here.`] : [];
  return folded(`Warnings: ${warnings.length}`, [...shown, ...more], { open: false });
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

/** The same of what was pushed, which tells whether a private key is encrypted. */
export function pushedOf(setting: Setting, { encrypted }: { readonly encrypted: boolean }): string {
  const form = encrypted && isPrivateKey(setting) ? ' (encrypted private key)' : '';
  return `${settingOf(setting)}${form}`;
}
