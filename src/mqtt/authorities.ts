import { type Broker, trustedAuthorities, urlOf } from './broker.ts';

/** CA certificates that vouch for a broker. */
export interface Authorities {
  /** PEM */
  readonly content: string;
  readonly count: number;
  /** from a file, all that this machine trusts, or the one of these that was proved to be enough */
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
      /** in our own words; follows "because" */
      readonly why: string;
      /** whether another try would end in the same way */
      readonly isFinal: boolean;
    };

export interface AuthorityOptions {
  readonly broker: Broker;
  /** PEM; nothing else counts then */
  readonly given: string | undefined;
  /** whether connections will be verified, so that one may prove which CA is enough */
  readonly awaitsProof: boolean;
  /** gets a line when connections were accepted and nothing was proved */
  readonly tell: (line: string) => void;
}

/** The CAs that a step verifies its broker with, and those that its files are to hold. */
export class BrokerAuthorities {
  readonly #options: AuthorityOptions;
  #trusted: Promise<readonly string[]> | undefined;
  #awaitsProof: boolean;
  #search: Promise<void> | undefined;
  #proved: string | undefined;
  /** why nothing was proved when it was tried last */
  #why: string | undefined;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#awaitsProof = options.awaitsProof && options.given === undefined;
  }

  /** Those that the broker is verified with. Reading them blocks for about as long as a round trip. */
  async toVerify(): Promise<Authorities> {
    const { given } = this.#options;
    if (given === undefined) return this.#of('trusted', await this.#readTrusted());
    return { ...this.#of('given', [given]), count: given.match(/^-----BEGIN /gm)?.length ?? 0 };
  }

  /** Those that files are to hold; nothing as long as a proof may still come. */
  async toWrite(): Promise<Authorities | undefined> {
    if (this.#proved !== undefined) return this.#of('proved', [this.#proved]);
    return this.#awaitsProof ? undefined : this.toVerify();
  }

  /**
   * Has the one that is enough searched for, after a connection was accepted. Once is enough, unless
   * another connection may come to another result. Of several at once, one does it for all.
   */
  async prove(search: (trusted: readonly string[]) => Promise<Proof>): Promise<void> {
    if (!this.#awaitsProof) return;
    this.#search ??= this.#proveBy(search).finally(() => {
      this.#search = undefined;
    });
    await this.#search;
  }

  /** No proof comes any more: without one, files hold all that are trusted. */
  async endProofs(): Promise<void> {
    if (!this.#awaitsProof) return;
    this.#awaitsProof = false;
    if (this.#why === undefined) return;
    const { count, broker } = await this.toVerify();
    this.#options.tell(
      `The CA file holds all ${count} trusted CAs: which of them is enough for ${broker} could not be proved, because ${this.#why}.`,
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
      // Whoever needs them next tries again.
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
