import { inspect } from 'node:util';

/** The mask of a shorter secret would blank the log, in characters. */
export const SHORTEST_SECRET = 4;

/**
 * A value that must never be shown: a token, a client secret, a passphrase, a private key.
 * However it is printed, logged or serialised, it reads `***`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way out. Called where the value has to leave the program, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

/** Knows every secret of the run: has them masked, and takes them out of text. */
export interface SecretKeeper {
  /** Has the values masked in everything that is logged from now on. */
  mask(secrets: readonly Secret[]): void;
  /** The text with every known secret replaced by `***`. */
  redact(text: string): string;
}
