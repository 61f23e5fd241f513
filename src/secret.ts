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

/** Everything that gives a private key away in a text. */
export interface Traces {
  readonly text: Secret;
  /** the text in pieces of 8 characters, made when it is needed first */
  readonly blocks: () => ReadonlySet<string>;
}

/** What has to be masked of a private key, and what gives it away in a text. */
export interface KeyMasks {
  readonly pieces: readonly Secret[];
  /** made when it is needed first */
  readonly traces: () => Traces;
}

/** Knows every secret of the run: has them masked, and takes them out of text. */
export interface SecretKeeper {
  /** Has the values masked in everything that is logged from now on. */
  mask(secrets: readonly Secret[]): void;
  /** The same for a private key, of which there may be thousands. */
  maskKey(key: KeyMasks): void;
  /** The text with every known secret, and the latest private keys, replaced by `***`. */
  redact(text: string): string;
}
