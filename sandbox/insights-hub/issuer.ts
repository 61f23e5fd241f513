import type { Fault } from '../faults.ts';
import type { CertificateAuthority, IssuedPair } from './authority.ts';
import { type Books, type HubAgent, type HubCertificate, newCertificate } from './books.ts';

/** Hands out key pairs, and records the certificates of agents. */
export class Issuer {
  /** every key pair that was handed out, including those of deleted agents */
  readonly issued: IssuedPair[] = [];
  readonly #authority: CertificateAuthority;
  readonly #pairs: readonly IssuedPair[];
  #handedOut = 0;

  /** Hands out the given pairs in turn; if there are none, the authority makes new ones. */
  constructor(authority: CertificateAuthority, pairs: readonly IssuedPair[] = []) {
    this.#authority = authority;
    this.#pairs = pairs;
  }

  async pair(fault?: Fault): Promise<IssuedPair> {
    if (fault?.kind === 'expired')
      return this.#authority.issue({ notAfter: new Date('2020-01-01') });
    const pair = this.#pairs[this.#handedOut++ % this.#pairs.length];
    return pair ?? this.#authority.issue();
  }

  /** Records a certificate of an agent. */
  enter(agent: HubAgent, pair: IssuedPair, { certificates }: Books): HubCertificate {
    const certificate = newCertificate(agent, pair);
    certificates.set(certificate.id, certificate);
    this.issued.push(pair);
    return certificate;
  }

  /** Pairs a certificate with another key, which must not leak either. */
  async mismatch({ certificate }: IssuedPair): Promise<IssuedPair> {
    const other = await this.#authority.issue();
    this.issued.push(other);
    return { certificate, privateKey: other.privateKey };
  }
}
