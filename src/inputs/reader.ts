import { Failure, type FailureCode } from '../failure.ts';
import type { InputSource } from '../host/host.ts';
import { DEFAULT_API_URL, DEFAULT_TOKEN_URL } from '../insights-hub/urls.ts';
import { Secret, SHORTEST_SECRET } from '../secret.ts';
import { cleanInput } from '../text.ts';

/** What inputs are when they are not given, by their names; the action's file says the same. */
export type Defaults = Readonly<Record<string, string>>;

/** The defaults that both actions have in common. */
export const SHARED_DEFAULTS: Defaults = {
  region: 'eu1',
  'api-url': DEFAULT_API_URL,
  'token-url': DEFAULT_TOKEN_URL,
  'secret-prefix': 'INSIGHTS_HUB_AGENT',
  variables: 'false',
  concurrency: '4',
  timeout: '300',
  'dry-run': 'false',
  summary: 'true',
};

/** The secrets that both actions have; no input that is none may hold one. */
const SHARED_SECRETS = ['token', 'oauth-client-secret', 'github-token'];
const SECRET_INPUTS: ReadonlySet<string> = new Set([...SHARED_SECRETS, 'key-passphrase']);

/** In a passphrase, white space counts. */
const UNTRIMMED: ReadonlySet<string> = new Set(['key-passphrase']);

/** About as many problems as an annotation has room for. */
const MOST_PROBLEMS = 25;

/** Invisible or bidirectional: with it, a log would show another text than there is. */
const MISLEADING = /[\p{Cf}--[\u200C\u200D]]/v;

/** The same, and what may only join or vary the characters beside it: for names. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/v;

/** Follows what holds one. */
export const HOLDS_SECRET = 'holds a secret of this step, which would blank it in log and outputs.';

const isFalse = (value: string) => /^(false|False|FALSE)$/.test(value);

/** Whether a job summary is wanted: also known when other inputs are wrong, or `summary` itself. */
export function wantsSummary(source: Pick<InputSource, 'input'>): boolean {
  return !isFalse(source.input('summary'));
}

/** Reads inputs and collects what is wrong with them, so that all problems are told at once. */
export class InputReader {
  readonly source: InputSource;
  readonly #defaults: Defaults;
  readonly #texts = new Set<string>();
  /** the first ones only, because a long list may have a problem in every line */
  readonly #problems: { readonly code: FailureCode; readonly text: string }[] = [];
  #count = 0;

  constructor(source: InputSource, defaults: Defaults) {
    this.source = source;
    this.#defaults = defaults;
  }

  /** Notes what is wrong with an input: a sentence. */
  problem(text: string, code: FailureCode = 'input-invalid'): void {
    this.#count += 1;
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ code, text });
  }

  mustBe(name: string, wanted: string, value = this.text(name)): void {
    this.problem(`\`${name}\` must be ${wanted}, not ${this.quote(value)}.`);
  }

  /** Throws all problems as one failure, if there are any. */
  throwProblems(): void {
    this.#refuseSecrets();
    const [first] = this.#problems;
    if (first === undefined) return;
    if (this.#count === 1) throw new Failure(first.code, first.text);
    const told = this.#problems;
    const list = told.map(({ text }, index) => `(${index + 1}) ${text}`).join(' ');
    const more = this.#count > told.length ? ` And ${this.#count - told.length} more.` : '';
    throw new Failure('input-invalid', `${this.#count} problems with the inputs: ${list}${more}`);
  }

  /** Reports inputs that hold a secret; of a list, the entries that do. */
  #refuseSecrets(): void {
    for (const name of this.#texts) {
      for (const line of new Set(this.source.input(name).split('\n'))) {
        if (this.holdsSecret(line)) this.problem(`\`${name}\` ${this.quote(line)} ${HOLDS_SECRET}`);
      }
    }
    this.#texts.clear();
  }

  /** Whether there is a secret of the step in a text, in a form that is masked. */
  holdsSecret(text: string): boolean {
    return this.source.secrets.redact(text) !== text;
  }

  /** Throws the problems, if there are any; else returns the values, none of which is missing. */
  found<T extends Readonly<Record<string, unknown>>>(values: T) {
    this.throwProblems();
    if (Object.values(values).includes(undefined)) throw new Error('a missing input is a problem');
    return values as { readonly [Name in keyof T]: Exclude<T[Name], undefined> };
  }

  /** The value or its default; empty when there is neither. */
  text(name: string): string {
    if (!SECRET_INPUTS.has(name)) this.#texts.add(name);
    return this.source.input(name) || (this.#defaults[name] ?? '');
  }

  /** The entries of a list, one per line; blank ones don't count. */
  list(name: string, separator: string | RegExp = '\n'): readonly string[] {
    return this.text(name)
      .split(separator)
      .map((entry) => entry.trim())
      .filter(Boolean);
  }

  /** As YAML 1.2 writes booleans. */
  flag(name: string): boolean {
    const value = this.text(name);
    const isTrue = /^(true|True|TRUE)$/.test(value);
    if (!isTrue && !isFalse(value)) this.mustBe(name, 'true or false');
    return isTrue;
  }

  word<T extends string>(name: string, known: readonly [T, ...T[]]): T {
    const value = this.text(name);
    const found = known.find((candidate) => candidate === value);
    if (found === undefined) this.mustBe(name, known.join(' or '));
    return found ?? known[0];
  }

  /** Any of some words, one per line or separated by commas; each once, in the order of `known`. */
  words<T extends string>(name: string, known: readonly T[]): readonly T[] {
    const given = this.list(name, /[\n,]/);
    const unknown = given.filter((word) => !known.some((candidate) => candidate === word));
    if (unknown.length > 0) {
      this.problem(`\`${name}\` takes ${known.join(', ')}, not ${this.quote(unknown.join(', '))}.`);
    }
    return known.filter((candidate) => given.includes(candidate));
  }

  wholeNumber(name: string, { from, to }: { readonly from: number; readonly to: number }): number {
    const value = this.text(name);
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to) {
      this.mustBe(name, `a whole number from ${from} to ${to}`);
    }
    return number;
  }

  /** One label of a host name (RFC 1123), or nothing. */
  hostLabel(name: string): string {
    const value = this.text(name);
    if (value !== '' && !isHostLabel(value)) {
      this.mustBe(name, 'letters, digits and hyphens, 63 at most');
    }
    return value;
  }

  /** Has all secrets masked: before anything else is read, so that no problem quotes one. */
  maskSecrets(...more: readonly string[]): void {
    for (const name of [...SHARED_SECRETS, ...more]) this.#maskSecret(name);
  }

  /** The value of a secret. A line that is too short is not masked, because that would blank the log. */
  #maskSecret(name: string): string {
    const value = UNTRIMMED.has(name) ? this.source.rawInput(name) : this.source.input(name);
    for (const line of value.split(/[\r\n]+/)) {
      const isMasked = line.length >= SHORTEST_SECRET && line.trim() !== '';
      if (isMasked) this.source.secrets.mask([new Secret(line)]);
    }
    return value;
  }

  /** A secret, masked from here on. Reports one that can't be used as it is. */
  secret(name: string): string {
    const value = this.#maskSecret(name);
    if (value === '') return '';
    if (value.trim() === '') {
      this.problem(`\`${name}\` is blank.`);
    } else if (value.length < SHORTEST_SECRET) {
      this.problem(
        `\`${name}\` is shorter than ${SHORTEST_SECRET} characters; masking it would blank the log.`,
      );
    } else if (/\p{Cc}/u.test(value)) {
      this.problem(`\`${name}\` holds a line break or another control character.`);
    }
    return value;
  }

  /** A given value as the next problem can repeat it. */
  quote(value: string): string {
    // What is not told need not be cleaned: for a long list of wrong names, that takes its time.
    const isTold = this.#problems.length < MOST_PROBLEMS;
    return isTold ? `"${cleanInput(value, this.source.secrets)}"` : '"…"';
  }
}

/** What is invisible in a name or bidirectional, such as U+202E; nothing when there is no such thing. */
export function invisibleIn(name: string): string | undefined {
  return codePointOf(INVISIBLE.exec(name));
}

/** The same in a text that may be written in any language, or hold any emoji. */
export function misleadingIn(text: string): string | undefined {
  return codePointOf(MISLEADING.exec(text));
}

function codePointOf(found: RegExpExecArray | null): string | undefined {
  const code = found?.[0].codePointAt(0)?.toString(16).toUpperCase();
  return code && `U+${code.padStart(4, '0')}`;
}

export function isHostLabel(value: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value);
}
