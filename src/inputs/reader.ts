import { Failure, type FailureCode } from '../failure.ts';
import type { InputSource } from '../host/host.ts';
import { DEFAULT_API_URL, DEFAULT_TOKEN_URL } from '../insights-hub/urls.ts';
import { Secret, SHORTEST_SECRET } from '../secret.ts';
import { cleanInput } from '../text.ts';

/** The default values of inputs by name, the same as in the action file. */
export type Defaults = Readonly<Record<string, string>>;

/** The defaults that both actions share. */
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

/** The secret inputs of both actions. No other input may contain their values. */
const SHARED_SECRETS = ['token', 'oauth-client-secret', 'github-token'];
const SECRET_INPUTS: ReadonlySet<string> = new Set([...SHARED_SECRETS, 'key-passphrase']);

/** White space is part of a passphrase. */
const UNTRIMMED: ReadonlySet<string> = new Set(['key-passphrase']);

/** About the number of problems that fit into an annotation. */
const MOST_PROBLEMS = 25;

/** Follows the name and value of an input. */
export const CONTAINS_SECRET =
  'contains a secret of this step, so GitHub would mask it in the log and in outputs.';

const isFalse = (value: string) => /^(false|False|FALSE)$/.test(value);

/** Whether a job summary is wanted. Known even if inputs are wrong, `summary` among them. */
export function wantsSummary(source: Pick<InputSource, 'input'>): boolean {
  return !isFalse(source.input('summary'));
}

/** Reads inputs and collects their problems, so that one failure reports all of them. */
export class InputReader {
  readonly source: InputSource;
  readonly #defaults: Defaults;
  readonly #texts = new Set<string>();
  /** only the first ones, because a long list may have a problem in each line */
  readonly #problems: { readonly code: FailureCode; readonly text: string }[] = [];
  #count = 0;

  constructor(source: InputSource, defaults: Defaults) {
    this.source = source;
    this.#defaults = defaults;
  }

  /** Records a problem with an input: whole sentences. */
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
    const shown = this.#problems;
    const list = shown.map(({ text }, index) => `(${index + 1}) ${text}`).join(' ');
    const more = this.#count > shown.length ? ` And ${this.#count - shown.length} more.` : '';
    throw new Failure('input-invalid', `${this.#count} problems with the inputs: ${list}${more}`);
  }

  /** Reports inputs that contain a secret; of a list, the entries that do. */
  #refuseSecrets(): void {
    for (const name of this.#texts) {
      for (const line of new Set(this.source.input(name).split('\n'))) {
        if (this.containsSecret(line))
          this.problem(`\`${name}\` ${this.quote(line)} ${CONTAINS_SECRET}`);
      }
    }
    this.#texts.clear();
  }

  /** Whether a text contains a secret of the step in a form that is masked. */
  containsSecret(text: string): boolean {
    return this.source.secrets.redact(text) !== text;
  }

  /** A character of a value as a message names it: of a secret, not even one character is shown. */
  character(value: string, found: string, hidden = 'an invalid character'): string {
    return this.containsSecret(value) ? hidden : found;
  }

  /** Throws the problems, if there are any. Otherwise returns the values, none of which is missing. */
  found<T extends Readonly<Record<string, unknown>>>(values: T) {
    this.throwProblems();
    if (Object.values(values).includes(undefined)) throw new Error('a missing input is a problem');
    return values as { readonly [Name in keyof T]: Exclude<T[Name], undefined> };
  }

  /** The value or the default; empty if there is neither. */
  text(name: string): string {
    if (!SECRET_INPUTS.has(name)) this.#texts.add(name);
    return this.source.input(name) || (this.#defaults[name] ?? '');
  }

  /** The entries of a list, one per line, without blank ones. */
  list(name: string, separator: string | RegExp = '\n'): readonly string[] {
    return this.text(name)
      .split(separator)
      .map((entry) => entry.trim())
      .filter(Boolean);
  }

  /** A boolean as YAML 1.2 writes it. */
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

  /** Any of the known words, one per line or comma-separated; each once, in the order of `known`. */
  words<T extends string>(name: string, known: readonly T[]): readonly T[] {
    const given = this.list(name, /[\n,]/);
    const unknown = given.filter((word) => !known.some((candidate) => candidate === word));
    if (unknown.length > 0) {
      this.mustBe(name, `one or more of ${known.join(', ')}`, unknown.join(', '));
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

  /** One label of a host name (RFC 1123), or an empty text. */
  hostLabel(name: string): string {
    const value = this.text(name);
    if (value !== '' && !isHostLabel(value)) {
      this.mustBe(name, 'at most 63 letters, digits and hyphens, with no hyphen at either end');
    }
    return value;
  }

  /** Masks all secrets. Call it first, so that no problem quotes one. */
  maskSecrets(...more: readonly string[]): void {
    for (const name of [...SHARED_SECRETS, ...more]) this.#maskSecret(name);
  }

  /** Masks a secret and returns its value. Masking a line that is too short would hide unrelated text. */
  #maskSecret(name: string): string {
    const value = UNTRIMMED.has(name) ? this.source.rawInput(name) : this.source.input(name);
    for (const line of value.split(/[\r\n]+/)) {
      const isMasked = line.length >= SHORTEST_SECRET && line.trim() !== '';
      if (isMasked) this.source.secrets.mask([new Secret(line)]);
    }
    return value;
  }

  /** Masks and returns a secret. Reports one that can't be used. */
  secret(name: string): string {
    const value = this.#maskSecret(name);
    if (value === '') return '';
    if (value.trim() === '') {
      this.problem(`\`${name}\` is blank.`);
    } else if (value.length < SHORTEST_SECRET) {
      this.problem(
        `\`${name}\` is shorter than ${SHORTEST_SECRET} characters. Masking it would hide unrelated text in the log.`,
      );
    } else if (/\p{Cc}/u.test(value)) {
      this.problem(`\`${name}\` contains a line break or another control character.`);
    }
    return value;
  }

  /** A value in quotes, cleaned for the next problem. */
  quote(value: string): string {
    // Cleaning takes time, and problems past the limit are not shown.
    const isShown = this.#problems.length < MOST_PROBLEMS;
    return isShown ? `"${cleanInput(value, this.source.secrets)}"` : '"…"';
  }
}

export function isHostLabel(value: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value);
}
