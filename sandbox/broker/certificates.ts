import type { ServerIdentity } from '../embedded-server.ts';
import { type IssuedPair, ServerAuthority, type ServerNames } from '../insights-hub/authority.ts';
import type { BrokerFault } from './faults.ts';

/**
 * The broker's server certificates: its own, and those for faults, which are created on first use.
 */
export class ServerCertificates {
  readonly #authority: ServerAuthority;
  readonly #names: ServerNames;
  readonly #own: IssuedPair;
  readonly #others = new Map<BrokerFault['kind'], Promise<IssuedPair>>();

  private constructor(authority: ServerAuthority, names: ServerNames, own: IssuedPair) {
    this.#authority = authority;
    this.#names = names;
    this.#own = own;
  }

  static async create(names: ServerNames): Promise<ServerCertificates> {
    const authority = await ServerAuthority.create();
    return new ServerCertificates(authority, names, await authority.issueServer(names));
  }

  /** The root CA for clients to trust, in PEM. */
  get ca(): string {
    return this.#authority.certificate;
  }

  /** The certificate to present to a connection with this fault. */
  async for(fault: BrokerFault | undefined): Promise<ServerIdentity> {
    if (fault === undefined) return this.#own;
    const made = this.#others.get(fault.kind) ?? this.#make(fault);
    this.#others.set(fault.kind, made);
    return made;
  }

  async #make({ kind }: BrokerFault): Promise<IssuedPair> {
    switch (kind) {
      case 'foreign-authority':
        return (await ServerAuthority.create('Foreign Root CA')).issueServer(this.#names);
      case 'expired-server':
        return this.#authority.issueServer({
          ...this.#names,
          notAfter: new Date('2020-01-01T00:00:00Z'),
        });
      case 'early-server':
        return this.#authority.issueServer({
          ...this.#names,
          notBefore: new Date('2049-01-01T00:00:00Z'),
          notAfter: new Date('2049-12-31T00:00:00Z'),
        });
      case 'other-server':
        return this.#authority.issueServer({ names: ['elsewhere.invalid'] });
      default:
        return this.#own;
    }
  }
}
