import type { Failure } from '../failure.ts';
import type { Host } from '../host/host.ts';
import type { SecretKeeper } from '../secret.ts';
import { code, messageOf, upTo, verbatim } from '../text.ts';
import { usedAction } from '../used-action.ts';

/** What a summary needs to explain failures. */
export interface FailureMeans {
  readonly secrets: SecretKeeper;
  /** URL of the page that explains the codes, if it is known */
  readonly troubleshooting: string | undefined;
}

/** The page that explains the codes, in the action's repository. */
const PAGE = 'docs/troubleshooting.md';

export function failureMeans({
  secrets,
  environment,
}: Pick<Host, 'secrets' | 'environment'>): FailureMeans {
  return { secrets, troubleshooting: troubleshootingUrl(environment) };
}

/** Something that failed, as Markdown. */
export interface FailedItem {
  readonly name: string;
  /** what else is known about it */
  readonly facts: readonly string[];
  readonly failure: Failure;
}

/**
 * URL of the page at the version in use. GitHub's runner says where an action comes from; returns
 * nothing for an action in the job's own folder.
 */
export function troubleshootingUrl(environment: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server = 'https://github.com' } = environment;
  const used = usedAction(environment);
  const isKnown = used !== undefined && /^https:\/\/[\w.:-]+$/.test(server);
  return isKnown ? `${server}/${used.repository}/blob/${used.ref}/${PAGE}` : undefined;
}

/** The code of a failure, linked to its entry in the troubleshooting page. */
export function linkedCode(failure: Failure, { troubleshooting }: FailureMeans): string {
  const shown = code(failure.code);
  return troubleshooting ? `[${shown}](${troubleshooting}#${failure.code})` : shown;
}

/** Says where the failures are explained; nothing if there are none. */
export function helpLine(failures: readonly Failure[], { troubleshooting }: FailureMeans): string {
  const [first, ...others] = new Set(failures.map(({ code: name }) => name));
  if (first === undefined) return '';
  if (troubleshooting === undefined) {
    return `To find out what to do, look up the code in ${code(PAGE)} of the action's repository.`;
  }
  return others.length > 0 ? '' : `[What it means and what to do](${troubleshooting}#${first})`;
}

/** The whole message as code: nothing that a server says becomes a link or a mention. */
export function shownMessage(failure: Failure, { secrets }: FailureMeans): string {
  return verbatim(messageOf(failure, secrets));
}

/**
 * A list of what failed, as long as there is room. Each failure has its whole message, once for all
 * items that failed in the same way. `help` says where they are explained, and `left` how many items
 * have no room.
 */
export function failureList(
  items: readonly FailedItem[],
  bytes: number,
  means: FailureMeans,
): { readonly lines: readonly string[]; readonly help: string; readonly left: number } {
  const groups = Map.groupBy(
    items,
    ({ failure }) => `${failure.code} ${shownMessage(failure, means)}`,
  );
  const all = [...groups.values()].flatMap((group) => linesOf(group, means));
  const lines = upTo(
    bytes,
    all.map(({ line }) => line),
  );
  const left = all.slice(lines.length).reduce((sum, { items: count }) => sum + count, 0);
  const help = helpLine(
    items.map(({ failure }) => failure),
    means,
  );
  return { lines, help, left };
}

/** The lines of all items that failed in the same way, and how many items each line covers. */
function linesOf(group: readonly FailedItem[], means: FailureMeans) {
  const [first] = group;
  if (first === undefined) return [];
  const { failure } = first;
  const why = (facts: readonly string[]) =>
    `failed: ${[linkedCode(failure, means), ...facts].join(', ')}: ${shownMessage(failure, means)}`;
  if (group.length === 1) return [{ line: `- ${first.name} ${why(first.facts)}`, items: 1 }];
  return [
    { line: `- ${group.length} ${why([])}`, items: 0 },
    ...group.map(({ name, facts }) => ({ line: `  - ${[name, ...facts].join(', ')}`, items: 1 })),
  ];
}
