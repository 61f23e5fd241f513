import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  EmbeddedServer,
  type Reply,
  type SeenRequest,
  type ServerIdentity,
} from '../embedded-server.ts';
import type { Fault, HubEndpoint } from '../faults.ts';
import { answerAgentCall } from './agent-management.ts';
import { answerAssetCall } from './asset-management.ts';
import { CertificateAuthority, type IssuedPair } from './authority.ts';
import {
  type Books,
  fingerprintOf,
  type HubAgent,
  type HubAsset,
  newAgent,
  newAsset,
} from './books.ts';
import { type AnswerForm, certificateAnswer } from './certificate-answer.ts';
import { oauthError } from './error-bodies.ts';
import { InFlight } from './in-flight.ts';
import { type RateLimit, TokenBucket } from './rate-limit.ts';
import { errorReply, json } from './replies.ts';
import { apiOf, endpointOf } from './routes.ts';

export type { AnswerForm, HubAgent, HubAsset };

export interface HubOptions {
  /** signs the agents' certificates; by default, the hub makes its own */
  readonly authority?: CertificateAuthority;
  readonly form?: Partial<AnswerForm>;
  readonly tls?: ServerIdentity;
  /** how long tokens live, in seconds */
  readonly tokenLife?: number;
  /** limits all calls but token requests */
  readonly rateLimit?: RateLimit;
  /**
   * how long every response takes, in milliseconds, including the time to produce it; faults come
   * without delay
   */
  readonly latency?: number;
  /**
   * key pairs to hand out in turn, over and over, instead of generating one per agent, for
   * benchmarks and large tests; `makePairs()` makes some
   */
  readonly pairs?: readonly IssuedPair[];
  /** makes the tokens; by default, they are random and look like the service's */
  readonly makeToken?: () => string;
}

type Seen = SeenRequest<HubEndpoint>;

/**
 * An embedded Insights Hub on a loopback port: its token services, its MQTT certificates, and its
 * management of agents and assets.
 */
export class InsightsHub extends EmbeddedServer<HubEndpoint> implements Books {
  readonly tenant = 'mqtt1';
  readonly technicalUser = { id: 'mqtt1-ci', secret: randomBytes(18).toString('base64url') };
  readonly application = {
    id: 'mqtt1-device-builder-v1',
    secret: randomBytes(18).toString('base64url'),
    appName: 'device-builder',
    appVersion: 'v1',
  };

  readonly agents = new Map<string, HubAgent>();
  readonly assets = new Map<string, HubAsset>();
  readonly certificates = new Map<string, HubAgent>();
  readonly tokens = new Set<string>();
  /** every key pair that was handed out, including those of deleted agents */
  readonly issued: IssuedPair[] = [];

  /** Whether agents are returned with their client ids; a published sample has none. */
  tellsClientIds = true;
  /** How often the boarding status still says ONBOARDED after the request to offboard. */
  offboarding = 0;
  /** Issues the agents' certificates; the broker trusts it. */
  readonly authority: CertificateAuthority;
  /** The calls that tokens have no permission for. */
  readonly forbidden = new Set<HubEndpoint>();

  readonly #form: AnswerForm;
  readonly #options: HubOptions;
  readonly #bucket: TokenBucket | undefined;
  readonly #creates = new InFlight();
  readonly #expired = new Set<string>();
  #handedOut = 0;

  private constructor(options: HubOptions, authority: CertificateAuthority) {
    super(options.tls);
    this.#options = options;
    this.authority = authority;
    this.#form = { shape: 'flat', lineEnds: 'lf', ...options.form };
    this.#bucket = options.rateLimit && new TokenBucket(options.rateLimit);
  }

  static async start(options: HubOptions = {}): Promise<InsightsHub> {
    const authority = options.authority ?? (await CertificateAuthority.create());
    return new InsightsHub(options, authority).listen();
  }

  /** The inputs that make an action use this hub. */
  get urls() {
    return {
      'api-url': `${this.origin}/api/{api}/v3`,
      'token-url': `${this.origin}/{tenant}/oauth/token`,
    };
  }

  /** Issues a token without a request for it. */
  issueToken(): string {
    const token = this.#options.makeToken?.() ?? randomToken();
    this.tokens.add(token);
    return token;
  }

  /** Refuses all tokens issued so far from now on; they stay in `tokens`. */
  expireTokens(): void {
    for (const token of this.tokens) this.#expired.add(token);
  }

  /** How many creates are being processed, without those refused by the rate limit. */
  get inFlight(): number {
    return this.#creates.now;
  }

  /** The most that were processed at the same time. */
  get mostInFlight(): number {
    return this.#creates.most;
  }

  /**
   * Adds an agent without a request. By default its client id is `<tenant>_<name>` and its key pair
   * is new.
   */
  async addAgent(
    name: string,
    clientId = this.#clientIdOf(name),
    pair?: IssuedPair,
  ): Promise<HubAgent> {
    return this.#enter(clientId, undefined, pair ?? (await this.#issue(undefined)));
  }

  /** Onboards an agent, as when its device first connects; returns its asset. */
  connect(clientId: string): HubAsset {
    const agent = this.agents.get(clientId);
    if (agent === undefined) throw new Error(`there is no agent ${clientId}`);
    const asset = this.assets.get(agent.entityId ?? '') ?? newAsset(clientId);
    this.assets.set(asset.id, asset);
    if (agent.boarding !== 'ONBOARDED') {
      agent.entityId = asset.id;
      agent.boarding = 'ONBOARDED';
      agent.eTag += 1;
    }
    return asset;
  }

  protected override endpointOf(method: string, path: string): HubEndpoint | undefined {
    return endpointOf(method, path);
  }

  protected override errorReply(status: number, endpoint: HubEndpoint | undefined): Reply {
    return errorReply(status, apiOf(endpoint));
  }

  protected override async process(seen: Seen, fault: Fault | undefined): Promise<Reply> {
    const { endpoint } = seen;
    const wait = endpoint === 'token' ? undefined : this.#bucket?.take();
    const { latency = 0 } = this.#options;
    const due = performance.now() + latency;
    const answer = async () => {
      const made = wait === undefined ? await this.#answer(seen, fault) : this.#tooMany(seen, wait);
      if (latency > 0) await delay(Math.round(due - performance.now()));
      return made;
    };
    const isCreate = endpoint === 'create' && wait === undefined;
    return isCreate ? this.#creates.during(answer) : answer();
  }

  #tooMany({ endpoint }: Seen, wait: number): Reply {
    return { ...this.errorReply(429, endpoint), headers: { 'retry-after': String(wait) } };
  }

  async #answer(seen: Seen, fault: Fault | undefined): Promise<Reply> {
    const { endpoint, headers } = seen;
    const refuse = (status: number) => this.errorReply(status, endpoint);
    if (endpoint === undefined) return refuse(404);
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
    const isKnown = this.tokens.has(token) && !this.#expired.has(token);
    if (endpoint !== 'token' && !isKnown) return refuse(401);
    if (this.forbidden.has(endpoint)) return refuse(403);
    switch (endpoint) {
      case 'token':
        return seen.path.includes('/technicaltokenmanager/')
          ? this.#applicationToken(seen)
          : this.#technicalUserToken(seen);
      case 'create':
        return this.#create(seen, fault);
      case 'find-asset':
      case 'read-asset':
      case 'delete-asset':
        return answerAssetCall(seen, this);
      default:
        return answerAgentCall(seen, this);
    }
  }

  #technicalUserToken({ headers, body }: Seen): Reply {
    const { id, secret } = this.technicalUser;
    if (headers.authorization !== basic(id, secret)) {
      return { status: 401, ...oauthError('unauthorized', 'Bad credentials') };
    }
    if (new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
      return { status: 400, ...oauthError('unsupported_grant_type', 'Unsupported grant type') };
    }
    return this.#token({ scope: 'mdsp:core:mindconnect.fullaccess', jti: randomUUID() });
  }

  #applicationToken({ headers, body }: Seen): Reply {
    const { id, secret, appName, appVersion } = this.application;
    const asked = JSON.parse(body) as Record<string, unknown>;
    if (headers['x-space-auth-key'] !== basic(id, secret)) {
      return { status: 401, ...oauthError('unauthorized', 'Bad credentials') };
    }
    const known =
      asked['appName'] === appName &&
      asked['appVersion'] === appVersion &&
      asked['hostTenant'] === this.tenant &&
      asked['userTenant'] === this.tenant;
    if (!known) return this.errorReply(403, 'token');
    return this.#token({ timestamp: Date.now() });
  }

  #token(more: object): Reply {
    const expires_in = this.#options.tokenLife ?? 1800;
    const answer = { access_token: this.issueToken(), token_type: 'Bearer', expires_in, ...more };
    return json(200, answer);
  }

  async #create({ body }: Seen, fault: Fault | undefined): Promise<Reply> {
    const refuse = (status: number) => this.errorReply(status, 'create');
    const asked = JSON.parse(body) as { name?: unknown; owner?: unknown };
    if (typeof asked.name !== 'string' || asked.name === '') return refuse(400);
    const clientId = this.#clientIdOf(asked.name);
    if (this.agents.has(clientId)) return refuse(409);
    const pair = await this.#issue(fault);
    // Another create of the same name may have finished in the meantime.
    if (this.agents.has(clientId)) return refuse(409);
    const owner = typeof asked.owner === 'string' ? asked.owner : undefined;
    const agent = this.#enter(clientId, owner, pair);
    const handedOut = fault?.kind === 'wrong-pair' ? await this.#mismatch(pair) : pair;
    return json(201, certificateAnswer(agent, handedOut, this.#form));
  }

  async #issue(fault: Fault | undefined): Promise<IssuedPair> {
    if (fault?.kind === 'expired')
      return this.authority.issue({ notAfter: new Date('2020-01-01') });
    const { pairs = [] } = this.#options;
    const pair = pairs[this.#handedOut++ % pairs.length];
    return pair ?? this.authority.issue();
  }

  /** Pairs the certificate with another key, which must not leak either. */
  async #mismatch({ certificate }: IssuedPair): Promise<IssuedPair> {
    const other = await this.authority.issue();
    this.issued.push(other);
    return { certificate, privateKey: other.privateKey };
  }

  #clientIdOf(name: string): string {
    return `${this.tenant}_${name}`;
  }

  #enter(clientId: string, owner: string | undefined, pair: IssuedPair): HubAgent {
    const agent = newAgent(clientId, owner, pair);
    this.agents.set(clientId, agent);
    this.certificates.set(fingerprintOf(pair.certificate), agent);
    this.issued.push(pair);
    return agent;
  }
}

function randomToken(): string {
  const part = (bytes: number) => randomBytes(bytes).toString('base64url');
  return `eyJ${part(30)}.${part(120)}.${part(64)}`;
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
