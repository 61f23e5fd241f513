import type { Failure } from '../failure.ts';
import type { SecretKeeper } from '../secret.ts';
import { code, messageOf, upTo } from '../text.ts';

/** What it takes to tell failures in a summary. */
export interface FailureMeans {
  readonly secrets: SecretKeeper;
  /** URL of the page that explains the codes, if it is known */
  readonly troubleshooting: string | undefined;
}

/** Something that failed, as Markdown. */
export interface FailedItem {
  readonly name: string;
  /** what else is known of it */
  readonly facts: readonly string[];
  readonly failure: Failure;
}

/** GitHub's runner says where an action is from; nothing for one that is in the job's own folder. */
export function troubleshootingUrl(environment: NodeJS.ProcessEnv): string | undefined {
  const {
    GITHUB_SERVER_URL: server = 'https://github.com',
    GITHUB_ACTION_REPOSITORY: repository = '',
    GITHUB_ACTION_REF: ref = '',
  } = environment;
  const isKnown =
    /^https:\/\/[\w.:-]+$/.test(server) &&
    /^[\w.-]+\/[\w.-]+$/.test(repository) &&
    /^[\w./-]+$/.test(ref);
  return isKnown ? `${server}/${repository}/blob/${ref}/docs/troubleshooting.md` : undefined;
}

/** The code of a failure, with what the troubleshooting page says of it behind. */
export function linkedCode(failure: Failure, { troubleshooting }: FailureMeans): string {
  const shown = code(failure.code);
  return troubleshooting ? `[${shown}](${troubleshooting}#${failure.code})` : shown;
}

/** The whole message as code: of what a server says, nothing becomes a link or a mention. */
export function shownMessage(failure: Failure, { secrets }: FailureMeans): string {
  return code(messageOf(failure, secrets));
}

/**
 * A list of what failed, as long as there is room: each failure with its whole message, which those
 * that failed in the same way share. `left` says how many have no room.
 */
export function failureList(
  items: readonly FailedItem[],
  bytes: number,
  means: FailureMeans,
): { readonly lines: readonly string[]; readonly left: number } {
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
  return { lines, left };
}

/** The lines of all that failed in one way, and how many items each line is about. */
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
