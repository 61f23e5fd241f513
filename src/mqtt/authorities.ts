import { type Broker, trustedAuthorities, urlOf } from './broker.ts';

/** CA certificates for verifying a broker. */
export interface Authorities {
  /** PEM */
  readonly content: string;
  readonly count: number;
  /** from a file, all that the runner trusts, or the one of these that was proved to be enough */
  readonly kind: 'given' | 'trusted' | 'proved';
  /** URL of the broker */
  readonly broker: string;
}

/** The one CA that is enough to verify a broker, or why none was found. */
export type Proof =
  | {
      /** PEM */
      readonly authority: string;
      readonly isFinal?: undefined;
    }
  | {
      readonly authority?: undefined;
      /** in the action's own words; follows a colon */
      readonly why: string;
      /** whether a retry would fail in the same way */
      readonly isFinal: boolean;
    };

export interface AuthorityOptions {
  readonly broker: Broker;
  /** PEM; if set, nothing else is trusted */
  readonly given: string | undefined;
  /** whether connections will be verified, one of which may prove which CA is enough */
  readonly awaitsProof: boolean;
  /** gets a line if connections were accepted but nothing was proved */
  readonly tell: (line: string) => void;
}

/** The CAs that a step verifies its broker with, and those that it writes into files. */
export class BrokerAuthorities {
  readonly #options: AuthorityOptions;
  #trusted: Promise<readonly string[]> | undefined;
  #awaitsProof: boolean;
  #search: Promise<void> | undefined;
  #proved: string | undefined;
  /** why the last search proved nothing */
  #why: string | undefined;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#awaitsProof = options.awaitsProof && options.given === undefined;
  }

  /** The CAs to verify the broker with. Reading them blocks for about as long as a round trip. */
  async toVerify(): Promise<Authorities> {
    const { given } = this.#options;
    if (given === undefined) return this.#of('trusted', await this.#readTrusted());
    return { ...this.#of('given', [given]), count: given.match(/^-----BEGIN /gm)?.length ?? 0 };
  }

  /** The CAs to write into files; nothing while a proof may still come. */
  async toWrite(): Promise<Authorities | undefined> {
    if (this.#proved !== undefined) return this.#of('proved', [this.#proved]);
    return this.#awaitsProof ? undefined : this.toVerify();
  }

  /**
   * Searches for the one CA that is enough, after a connection was accepted. Searches again only if
   * another connection may have a different result. Parallel calls share one search.
   */
  async prove(search: (trusted: readonly string[]) => Promise<Proof>): Promise<void> {
    if (!this.#awaitsProof) return;
    this.#search ??= this.#proveBy(search).finally(() => {
      this.#search = undefined;
    });
    await this.#search;
  }

  /** Stops waiting for a proof: without one, files contain all trusted CAs. */
  async endProofs(): Promise<void> {
    if (!this.#awaitsProof) return;
    this.#awaitsProof = false;
    if (this.#why === undefined) return;
    const { count, broker } = await this.toVerify();
    this.#options.tell(
      `The CA file contains all ${count} trusted CAs. It could not be proved which of them is enough for ${broker}: ${this.#why}.`,
    );
  }

  async #proveBy(search: (trusted: readonly string[]) => Promise<Proof>): Promise<void> {
    const proof = await search(await this.#readTrusted());
    this.#proved = proof.authority;
    if (proof.authority !== undefined) this.#awaitsProof = false;
    else this.#why = proof.why;
    if (proof.isFinal) await this.endProofs();
  }

  #readTrusted(): Promise<readonly string[]> {
    this.#trusted ??= trustedAuthorities().catch((error: unknown) => {
      // The next caller tries again.
      this.#trusted = undefined;
      throw error;
    });
    return this.#trusted;
  }

  #of(kind: Authorities['kind'], pems: readonly string[]): Authorities {
    const broker = urlOf(this.#options.broker);
    return { content: pems.join(''), count: pems.length, kind, broker };
  }
}
