import type { Warning } from '../failure.ts';
import type { Host } from '../host/host.ts';

/**
 * Up to this many agents have a log line each. For more, the log is kept short, and names only this
 * many of a kind: in a job that masks a hundred keys, each line takes the runner 5 to 12 ms.
 */
export const MOST_TOLD = 20;

/** The longest line of names, in UTF-16 units: an annotation has room for 4096. */
const LONGEST_LINE = 2_000;

/** For example `a, b and 3 more`. */
export function firstOf(names: readonly string[]): string {
  const left = names.length - MOST_TOLD;
  const told = names.slice(0, MOST_TOLD).join(', ');
  return left > 0 ? `${told} and ${left} more` : told;
}

/** All names, many in each line; empty where there are none. */
export function linesOf(title: string, names: readonly string[]): readonly string[] {
  const lists = listsOf(names);
  return lists.map((list, at) => `${title}: ${list}${at < lists.length - 1 ? ',' : ''}`);
}

/** The names as lists, each at most as long as a line may be. */
export function listsOf(names: readonly string[]): readonly string[] {
  const lists: string[] = [];
  for (const name of names) {
    const longer = lists.length === 0 ? name : `${lists.at(-1)}, ${name}`;
    if (lists.length > 0 && longer.length <= LONGEST_LINE) lists[lists.length - 1] = longer;
    else lists.push(name);
  }
  return lists;
}

/** Logs warnings: each immediately, or, for many agents, one of each kind at the end. */
export class Warnings {
  readonly #host: Pick<Host, 'warn' | 'info'>;
  readonly #isMany: boolean;
  readonly #kinds = new Map<string, string[]>();
  readonly #untold: string[] = [];

  constructor(host: Pick<Host, 'warn' | 'info'>, { isMany }: { readonly isMany: boolean }) {
    this.#host = host;
    this.#isMany = isMany;
  }

  add({ text, about }: Warning): void {
    if (about === undefined || !this.#isMany) {
      this.#host.warn(text);
      return;
    }
    const names = this.#kinds.get(about.kind) ?? [];
    names.push(about.name);
    this.#kinds.set(about.kind, names);
    this.#untold.push(text);
  }

  /** Those that the log shows by kind only, for the summary. */
  get untold(): readonly string[] {
    return this.#untold;
  }

  /** Logs what was kept until the end; `whole`: names that don't fit into a warning follow it. */
  end({ whole }: { readonly whole: boolean }): void {
    for (const [kind, names] of this.#kinds) {
      this.#host.warn(`${kind} (${names.length}: ${firstOf(names)})`);
      if (!whole) continue;
      for (const line of linesOf('And', names.slice(MOST_TOLD))) this.#host.info(line);
    }
  }
}
