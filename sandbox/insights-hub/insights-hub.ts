import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedServer, type Reply, type SeenRequest } from '../embedded-server.ts';
import type { Fault, HubEndpoint } from '../faults.ts';
import { answerAgentCall } from './agent-management.ts';
import { answerAssetCall } from './asset-management.ts';
import { CertificateAuthority, type IssuedPair } from './authority.ts';
import {
  type AssetFacts,
  type Books,
  type CertificateList,
  type HubAgent,
  type HubAsset,
  type HubCertificate,
  newAgent,
  newAsset,
} from './books.ts';
import type { AnswerForm } from './certificate-answer.ts';
import { answerCertificateCall } from './certificates.ts';
import { answerCreate, clientIdOf } from './create.ts';
import { objectId } from './identifiers.ts';
import { InFlight } from './in-flight.ts';
import { Issuer } from './issuer.ts';
import type { HubOptions } from './options.ts';
import { TenantQuota } from './quotas.ts';
import { TokenBucket } from './rate-limit.ts';
import { errorReply } from './replies.ts';
import { apiAround, apiOf, endpointOf } from './routes.ts';
import { TokenServices } from './token-services.ts';
import { TokenSigner } from './token-signer.ts';

export type { AnswerForm, CertificateList, HubAgent, HubAsset, HubCertificate, HubOptions };

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
  readonly deletedAssets = new Map<string, HubAsset>();
  readonly certificates = new Map<string, HubCertificate>();

  /** Whether agents are returned with their client ids; a published sample has none. */
  tellsClientIds = true;
  /** How often the boarding status is still ONBOARDED after the request to offboard. */
  offboarding = 0;

  // `Books` explains these; tests may change them at any time.
  offboardingChangesTag = false;
  certificateList: CertificateList = 'array';
  tellsKeys = false;
  listsDeletedAssets = false;
  deletedAssetStatus: 400 | 409 | 410 = 409;

  readonly softDelete: boolean;
  readonly strictAccept: boolean;
  /** The asset that all others descend from; it is not listed. */
  readonly rootAssetId = objectId();
  /** Issues the agents' certificates; the broker trusts it. */
  readonly authority: CertificateAuthority;
  /** The calls that tokens have no permission for. */
  readonly forbidden = new Set<HubEndpoint>();

  readonly #desk: Parameters<typeof answerCreate>[2];
  readonly #latency: number;
  readonly #issuer: Issuer;
  readonly #tokenServices: TokenServices;
  readonly #bucket: TokenBucket | undefined;
  readonly #quota: TenantQuota;
  readonly #creates = new InFlight();

  private constructor(options: HubOptions, authority: CertificateAuthority, signer: TokenSigner) {
    super(options.tls);
    const { tenant, technicalUser, application } = this;
    const { latency = 0, pairs, rateLimit, quota, tokenLife, makeToken } = options;
    this.authority = authority;
    this.softDelete = options.softDelete ?? true;
    this.strictAccept = options.strictAccept ?? true;
    this.#latency = latency;
    this.#issuer = new Issuer(authority, pairs);
    const form = { shape: 'flat', lineEnds: 'lf', ...options.form } as const;
    this.#desk = { books: this, issuer: this.#issuer, form };
    const known = { tenant, technicalUser, application };
    this.#tokenServices = new TokenServices({ ...known, signer, tokenLife, makeToken });
    this.#bucket = rateLimit && new TokenBucket(rateLimit);
    this.#quota = new TenantQuota(quota);
  }

  static async start(options: HubOptions = {}): Promise<InsightsHub> {
    const [authority, signer] = await Promise.all([
      options.authority ?? CertificateAuthority.create(),
      TokenSigner.shared(),
    ]);
    return new InsightsHub(options, authority, signer).listen();
  }

  /** The inputs that make an action use this hub. */
  get urls() {
    return {
      'api-url': `${this.origin}/api/{api}/v3`,
      'token-url': `${this.origin}/{tenant}/oauth/token`,
    };
  }

  /** Every token that was issued; tokens that are removed from it are rejected. */
  get tokens(): Set<string> {
    return this.#tokenServices.tokens;
  }

  /** Every key pair that was handed out, including those of deleted agents. */
  get issued(): readonly IssuedPair[] {
    return this.#issuer.issued;
  }

  /** Issues a token without a request for it. */
  issueToken(): string {
    return this.#tokenServices.issue();
  }

  /** From now on, rejects all tokens issued so far; they stay in `tokens`. */
  expireTokens(): void {
    this.#tokenServices.expireAll();
  }

  /** How many creates are being processed, not counting those that were rejected first. */
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
    clientId = clientIdOf(name, this),
    pair?: IssuedPair,
  ): Promise<HubAgent> {
    const agent = newAgent(clientId, undefined, pair ?? (await this.#issuer.pair()));
    this.agents.set(clientId, agent);
    this.#issuer.enter(agent, agent.pair, this);
    return agent;
  }

  /** Adds one more certificate for an agent, with a new key pair by default. */
  async addCertificate(clientId: string, pair?: IssuedPair): Promise<HubCertificate> {
    const agent = this.#agentWith(clientId);
    return this.#issuer.enter(agent, pair ?? (await this.#issuer.pair()), this);
  }

  /** The existing certificates of a client id, oldest first. */
  certificatesOf(clientId: string): readonly HubCertificate[] {
    return [...this.certificates.values()].filter((own) => own.clientId === clientId);
  }

  /** Adds an asset, by default below the root. */
  addAsset(facts: Partial<AssetFacts> = {}): HubAsset {
    const asset = newAsset({ parentId: this.rootAssetId, ...facts });
    this.assets.set(asset.id, asset);
    return asset;
  }

  /** Onboards an agent, as when its device first connects; returns its asset. */
  connect(clientId: string): HubAsset {
    const agent = this.#agentWith(clientId);
    const asset =
      this.assets.get(agent.entityId ?? '') ??
      this.addAsset({ name: clientId, externalId: clientId });
    if (agent.boarding !== 'ONBOARDED') {
      agent.entityId = asset.id;
      agent.boarding = 'ONBOARDED';
      agent.eTag += 1;
    }
    return asset;
  }

  #agentWith(clientId: string): HubAgent {
    const agent = this.agents.get(clientId);
    if (agent === undefined) throw new Error(`there is no agent ${clientId}`);
    return agent;
  }

  protected override endpointOf(method: string, path: string): HubEndpoint | undefined {
    return endpointOf(method, path);
  }

  protected override errorReply(status: number, endpoint: HubEndpoint | undefined): Reply {
    return errorReply(status, apiOf(endpoint));
  }

  protected override async process(seen: Seen, fault: Fault | undefined): Promise<Reply> {
    const due = performance.now() + this.#latency;
    const refusal = this.#refuse(seen);
    const answer = async () => {
      const made = refusal ?? (await this.#answer(seen, fault));
      if (this.#latency > 0) await delay(Math.max(0, Math.round(due - performance.now())));
      return made;
    };
    const isCreate = seen.endpoint === 'create' && refusal === undefined;
    return isCreate ? this.#creates.during(answer) : answer();
  }

  /** The gateway's own response, if it doesn't pass the request on to a service. */
  #refuse({ endpoint, path, headers }: Seen): Reply | undefined {
    if (endpoint === undefined) return errorReply(404, apiAround(path));
    if (apiOf(endpoint) === 'oauth') return undefined;
    const wait = this.#bucket?.take();
    if (wait !== undefined) return this.#tooMany(endpoint, { 'retry-after': String(wait) });
    const status = this.#tokenServices.refuse(headers);
    if (status !== undefined) return this.errorReply(status, endpoint);
    const refused = this.#quota.take(endpoint);
    return refused && this.#tooMany(endpoint, refused);
  }

  #tooMany(endpoint: HubEndpoint, headers: Readonly<Record<string, string>>): Reply {
    return { ...this.errorReply(429, endpoint), headers };
  }

  async #answer(seen: Seen, fault: Fault | undefined): Promise<Reply> {
    const { endpoint } = seen;
    if (endpoint !== undefined && this.forbidden.has(endpoint)) {
      return this.errorReply(403, endpoint);
    }
    switch (endpoint) {
      case 'token':
        return this.#tokenServices.answer(seen);
      case 'token-keys':
        return this.#tokenServices.keys;
      case 'create':
        return answerCreate(seen, fault, this.#desk);
      case 'list-certificates':
      case 'read-certificate':
      case 'delete-certificate':
        return answerCertificateCall(seen, this);
      case 'find-asset':
      case 'read-asset':
      case 'delete-asset':
        return answerAssetCall(seen, this);
      default:
        return answerAgentCall(seen, this);
    }
  }
}
