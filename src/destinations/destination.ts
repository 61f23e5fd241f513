import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';

/** A place that keeps certificates and private keys. */
export interface Destination {
  /**
   * Makes sure that the place can take the agents' certificates, before anything is created.
   * Throws `destination-invalid`.
   */
  prepare(agents: readonly AgentRequest[]): Promise<void>;
  /** Puts a certificate and its private key there. Throws `delivery-failed`. */
  deliver(issued: IssuedCertificate): Promise<Delivery>;
}

/** Where a certificate went. */
export interface Delivery {
  /** absolute paths */
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}
