import type { ServerIdentity } from '../embedded-server.ts';
import type { CertificateAuthority, IssuedPair } from './authority.ts';
import type { AnswerForm } from './certificate-answer.ts';
import type { QuotaOptions, QuotaSize } from './quotas.ts';
import type { RateLimit } from './rate-limit.ts';

export interface HubOptions {
  /** signs the agents' certificates; by default, the hub makes its own */
  readonly authority?: CertificateAuthority;
  readonly form?: Partial<AnswerForm>;
  readonly tls?: ServerIdentity;
  /** how long tokens live, in seconds */
  readonly tokenLife?: number;
  /** limits all calls but token requests */
  readonly rateLimit?: RateLimit;
  /** limits each kind of call, as the service does for tenants of this size; defaults to `off` */
  readonly quota?: QuotaSize | QuotaOptions;
  /**
   * how long every response takes, in milliseconds, including the time to produce it; faults aren't
   * delayed
   */
  readonly latency?: number;
  /**
   * key pairs to reuse in turn instead of generating one per agent, for benchmarks and large tests;
   * `makePairs()` makes some
   */
  readonly pairs?: readonly IssuedPair[];
  /** makes the tokens; by default, they are signed JWTs like the service's */
  readonly makeToken?: () => string;
  /** whether Asset Management fails for callers that only accept plain JSON; defaults to true */
  readonly strictAccept?: boolean;
  /** whether deleted assets can still be read, and can't be deleted again; defaults to true */
  readonly softDelete?: boolean;
}
