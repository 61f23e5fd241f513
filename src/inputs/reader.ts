import { Failure } from '../failure.ts';
import { Secret, type SecretKeeper, SHORTEST_SECRET } from '../secret.ts';
import { showText } from '../shown.ts';
import type { Defaults } from './defaults.ts';

/** Where inputs come from. */
export interface InputSource {
  /** without white space around it; empty when not given */
  input(name: string): string;
  /** to the letter */
  rawInput(name: string): string;
  /** absolute path of the folder that relative paths start at */
  readonly workspace: string;
  /** the variables of the job */
  readonly environment: NodeJS.ProcessEnv;
  readonly secrets: SecretKeeper;
}

interface Problem {
  readonly code: 'input-invalid' | 'credentials-missing';
  readonly text: string;
}

/** As many problems as an annotation has room for, more or less. */
const MOST_PROBLEMS = 25;

/** How much of a wrong value is repeated in a message. */
const LONGEST_QUOTE = 150;

type Found<T> = { readonly [Name in keyof T]: Exclude<T[Name], undefined> };

/** Reads inputs and collects what is wrong with them, so that all problems are told at once. */
export class InputReader {
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #source: InputSource;
  readonly #defaults: Defaults;
  readonly #problems: Problem[] = [];

  constructor(source: InputSource, defaults: Defaults) {
    this.#source = source;
    this.#defaults = defaults;
    this.workspace = source.workspace;
    this.environment = source.environment;
  }

  /** Notes what is wrong with an input. */
  problem(text: string, code: Problem['code'] = 'input-invalid'): void {
    this.#problems.push({ code, text });
  }

  /** Throws all the problems as one failure, if there are any. */
  throwProblems(): void {
    const [first, ...others] = this.#problems;
    if (first === undefined) return;
    if (others.length === 0) throw new Failure(first.code, first.text);
    const told = this.#problems.slice(0, MOST_PROBLEMS);
    const list = told.map(({ text }, index) => `(${index + 1}) ${text}`).join(' ');
    const rest = this.#problems.length - told.length;
    const more = rest > 0 ? ` And ${rest} more.` : '';
    const message = `${this.#problems.length} problems with the inputs: ${list}${more}`;
    throw new Failure('input-invalid', message);
  }

  /**
   * The values, all of which are there: one that is missing has to be a problem. Throws all the
   * problems as one failure, if there are any.
   */
  found<T extends Readonly<Record<string, unknown>>>(values: T): Found<T> {
    this.throwProblems();
    if (Object.values(values).includes(undefined)) throw new Error('a missing input is a problem');
    return values as Found<T>;
  }

  /** The value or its default; empty when there is neither. */
  text(name: string): string {
    return this.#source.input(name) || (this.#defaults[name] ?? '');
  }

  /** One entry per line; blank lines don't count. */
  list(name: string): readonly string[] {
    return this.text(name)
      .split('\n')
      .map((entry) => entry.trim())
      .filter(Boolean);
  }

  /** As YAML 1.2 writes booleans. */
  flag(name: string): boolean {
    const value = this.text(name);
    if (/^(true|True|TRUE|false|False|FALSE)$/.test(value)) return value.toLowerCase() === 'true';
    this.problem(`\`${name}\` must be true or false, not ${this.quote(value)}.`);
    return false;
  }

  /** One of some words. */
  word<T extends string>(name: string, known: readonly [T, ...T[]]): T {
    const value = this.text(name);
    const found = known.find((candidate) => candidate === value);
    if (found === undefined) {
      this.problem(`\`${name}\` must be ${known.join(' or ')}, not ${this.quote(value)}.`);
    }
    return found ?? known[0];
  }

  wholeNumber(name: string, { from, to }: { readonly from: number; readonly to: number }): number {
    const value = this.text(name);
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to) {
      this.problem(
        `\`${name}\` must be a whole number from ${from} to ${to}, not ${this.quote(value)}.`,
      );
    }
    return number;
  }

  /** One label of a host name (RFC 1123). */
  hostLabel(name: string): string {
    const value = this.text(name);
    if (value !== '' && !isHostLabel(value)) {
      this.problem(
        `\`${name}\` must be letters, digits and hyphens, 63 at most, not ${this.quote(value)}.`,
      );
    }
    return value;
  }

  /** A secret, masked from here on; one that can't be used as it is is a problem. */
  secret(name: string, { trim = true } = {}): string {
    const value = trim ? this.text(name) : this.#source.rawInput(name);
    if (value === '') return '';
    for (const line of value.split(/[\r\n]+/)) {
      if (line.length >= SHORTEST_SECRET && line.trim() !== '') this.mask(line);
    }
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

  mask(value: string): void {
    this.#source.secrets.mask([new Secret(value)]);
  }

  /** Whether a text holds a secret that was read. */
  holdsSecret(text: string): boolean {
    return this.#source.secrets.redact(text) !== text;
  }

  /** A given value as it can be repeated in a message. */
  quote(value: string): string {
    return `"${showText(value, (text) => this.#source.secrets.redact(text), LONGEST_QUOTE)}"`;
  }
}

export function isHostLabel(value: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value);
}
