import { randomBytes, randomUUID } from 'node:crypto';
import { EmbeddedServer, type Reply, type SeenRequest } from '../embedded-server.ts';
import type { Fault, HubEndpoint } from '../faults.ts';
import { CertificateAuthority, type IssuedPair } from './authority.ts';
import { errorBody, oauthError } from './error-bodies.ts';

/** How answers to a create are written; all were seen of the service. */
export interface AnswerForm {
  readonly shape: 'flat' | 'nested';
  readonly lineEnds: 'lf' | 'crlf' | 'escaped' | 'trimmed';
}

export interface HubOptions {
  readonly form?: Partial<AnswerForm>;
  readonly tls?: IssuedPair;
  /** life of the tokens that are issued, in seconds */
  readonly tokenLife?: number;
}

export interface HubAgent {
  readonly clientId: string;
  readonly name: string;
  readonly owner: string | undefined;
  readonly pair: IssuedPair;
}

type Seen = SeenRequest<HubEndpoint>;

/** An embedded Insights Hub on a loopback port: its token services and its MQTT certificates. */
export class InsightsHub extends EmbeddedServer<HubEndpoint> {
  readonly tenant = 'mqtt1';
  readonly technicalUser = { id: 'mqtt1-ci', secret: randomBytes(18).toString('base64url') };
  readonly application = {
    id: 'mqtt1-device-builder-v1',
    secret: randomBytes(18).toString('base64url'),
    appName: 'device-builder',
    appVersion: 'v1',
  };

  /** The books: what exists. */
  readonly agents = new Map<string, HubAgent>();
  readonly tokens = new Set<string>();

  readonly #authority: CertificateAuthority;
  readonly #form: AnswerForm;
  readonly #options: HubOptions;

  private constructor(options: HubOptions, authority: CertificateAuthority) {
    super(options.tls);
    this.#options = options;
    this.#authority = authority;
    this.#form = { shape: 'flat', lineEnds: 'lf', ...options.form };
  }

  static async start(options: HubOptions = {}): Promise<InsightsHub> {
    return new InsightsHub(options, await CertificateAuthority.create()).listen();
  }

  /** The inputs that lead the action here. */
  get urls() {
    return {
      'api-url': `${this.origin}/api/{api}/v3`,
      'token-url': `${this.origin}/{tenant}/oauth/token`,
    };
  }

  /** A token as its owner got it at some other time. */
  issueToken(): string {
    const part = (bytes: number) => randomBytes(bytes).toString('base64url');
    const token = `eyJ${part(30)}.${part(120)}.${part(64)}`;
    this.tokens.add(token);
    return token;
  }

  protected override endpointOf(_: string, path: string): HubEndpoint | undefined {
    if (path === '/api/mindconnectmqtt/v3/agentCertificates') return 'create';
    if (path === '/api/technicaltokenmanager/v3/oauth/token') return 'token';
    return /^\/[\w-]+\/oauth\/token$/.test(path) ? 'token' : undefined;
  }

  protected override errorReply(status: number): Reply {
    return { status, ...errorBody(status) };
  }

  protected override async process(seen: Seen, fault: Fault | undefined): Promise<Reply> {
    if (seen.method !== 'POST' || seen.endpoint === undefined) {
      return { status: 404, ...errorBody(404) };
    }
    if (seen.endpoint === 'create') return this.#create(seen, fault);
    return seen.path.includes('/technicaltokenmanager/')
      ? this.#applicationToken(seen)
      : this.#technicalUserToken(seen);
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
    if (!known) return { status: 403, ...errorBody(403) };
    return this.#token({ timestamp: Date.now() });
  }

  #token(more: object): Reply {
    const expires_in = this.#options.tokenLife ?? 1800;
    const answer = { access_token: this.issueToken(), token_type: 'Bearer', expires_in, ...more };
    return { status: 200, type: 'application/json', body: JSON.stringify(answer) };
  }

  async #create(seen: Seen, fault: Fault | undefined): Promise<Reply> {
    const token = seen.headers.authorization?.replace(/^Bearer /, '');
    if (token === undefined || !this.tokens.has(token)) return { status: 401, ...errorBody(401) };
    const asked = JSON.parse(seen.body) as { name?: unknown; owner?: unknown };
    if (typeof asked.name !== 'string' || asked.name === '') {
      return { status: 400, ...errorBody(400) };
    }
    const clientId = `${this.tenant}_${asked.name}`;
    if (this.agents.has(clientId)) return { status: 409, ...errorBody(409) };
    const expired = fault?.kind === 'expired' ? { notAfter: new Date('2020-01-01') } : {};
    const pair = await this.#authority.issue(expired);
    const owner = typeof asked.owner === 'string' ? asked.owner : undefined;
    this.agents.set(clientId, { clientId, name: asked.name, owner, pair });
    const handedOut =
      fault?.kind === 'wrong-pair'
        ? { ...pair, privateKey: (await this.#authority.issue()).privateKey }
        : pair;
    const answer = answerOf(clientId, owner, handedOut, this.#form);
    const changed = fault?.kind === 'change' ? fault.change(answer) : answer;
    return { status: 201, type: 'application/json', body: JSON.stringify(changed) };
  }
}

function answerOf(
  clientId: string,
  owner: string | undefined,
  pair: IssuedPair,
  form: AnswerForm,
): Readonly<Record<string, unknown>> {
  const privateKey = withLineEnds(pair.privateKey, form);
  const certificate = withLineEnds(pair.certificate, form);
  if (form.shape === 'nested') {
    return { clientId, credentials: { privateKey, certificatePem: certificate } };
  }
  return {
    id: identifier(26, '0123456789ABCDEFGHJKMNPQRSTVWXYZ'),
    name: clientId,
    agentName: clientId,
    clientId,
    agentId: identifier(32, '0123456789abcdefghijklmnopqrstuvwxyz'),
    owner,
    status: 'READY',
    publicKey: certificate,
    privateKey,
  };
}

function withLineEnds(pem: string, { lineEnds }: AnswerForm): string {
  switch (lineEnds) {
    case 'lf':
      return pem;
    case 'crlf':
      return pem.replaceAll('\n', '\r\n');
    case 'escaped':
      return pem.replaceAll('\n', '\\n');
    case 'trimmed':
      return pem.trimEnd();
  }
}

function identifier(length: number, alphabet: string): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
