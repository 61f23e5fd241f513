import type { Failure } from '../failure.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';

/** A place that keeps certificates and private keys. */
export interface Destination {
  /**
   * Makes sure that the place can take the agents' certificates, before anything is created.
   * Throws `destination-invalid`, or what a call of a service may end in.
   */
  prepare(agents: readonly AgentRequest[], limit: TimeLimit): Promise<void>;
  /** Puts a certificate and its private key there; what goes wrong is in the report. */
  deliver(issued: IssuedCertificate, limit: TimeLimit): Promise<DeliveryReport>;
  /** Leaves what was delivered there for good, because another place did not take it. */
  keep(delivery: Delivery): Promise<void>;
}

export interface DeliveryReport {
  readonly delivery: Delivery;
  /** whether certificate and private key can be had from the place now */
  readonly isKept: boolean;
  readonly failure?: Failure;
}

/** Where a certificate went. */
export interface Delivery {
  /** absolute */
  readonly certificatePath?: string;
  /** absolute */
  readonly privateKeyPath?: string;
  /** absolute path of the connection file for MQTTX */
  readonly mqttxPath?: string;
  /** absolute path of the CAs that vouch for the broker */
  readonly brokerCaPath?: string;
  readonly settings?: readonly Setting[];
}

/** A secret or a variable of GitHub that was written; never its value. */
export interface Setting {
  readonly kind: 'secret' | 'variable';
  readonly name: string;
  /** for a person, e.g. `repository octo/device` */
  readonly place: string;
}
