import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CertificateAuthority, type IssuedPair } from './authority.ts';
import { errorBody, oauthError } from './error-bodies.ts';
import type { Endpoint, Fault, OrderedFault } from './faults.ts';

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

/** One request as the service saw it. */
export interface SeenRequest {
  readonly endpoint: Endpoint | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HubAgent {
  readonly clientId: string;
  readonly name: string;
  readonly owner: string | undefined;
  readonly pair: IssuedPair;
}

/** An embedded Insights Hub on a loopback port: its token services and its MQTT certificates. */
export class InsightsHub {
  readonly tenant = 'mqtt1';
  readonly technicalUser = { id: 'mqtt1-ci', secret: randomBytes(18).toString('base64url') };
  readonly application = {
    id: 'mqtt1-device-builder-v1',
    secret: randomBytes(18).toString('base64url'),
    appName: 'device-builder',
    appVersion: 'v1',
  };

  /** The books: what was asked, and what exists. */
  readonly requests: SeenRequest[] = [];
  readonly agents = new Map<string, HubAgent>();
  readonly tokens = new Set<string>();
  readonly faults: OrderedFault[] = [];

  readonly #server: Server;
  readonly #authority: CertificateAuthority;
  readonly #form: AnswerForm;
  readonly #options: HubOptions;

  private constructor(options: HubOptions, authority: CertificateAuthority) {
    this.#options = options;
    this.#authority = authority;
    this.#form = { shape: 'flat', lineEnds: 'lf', ...options.form };
    const { tls } = options;
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#server =
      tls === undefined
        ? createServer(listener)
        : createTlsServer({ key: tls.privateKey, cert: tls.certificate }, listener);
  }

  static async start(options: HubOptions = {}): Promise<InsightsHub> {
    const hub = new InsightsHub(options, await CertificateAuthority.create());
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
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

  /** The requests of one endpoint. */
  seen(endpoint: Endpoint): readonly SeenRequest[] {
    return this.requests.filter((request) => request.endpoint === endpoint);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await read(request);
    this.requests.push(seen);
    const fault = this.#faultFor(seen.endpoint);
    if (fault !== undefined && insteadOfProcessing(fault, seen, response)) return;
    if (fault?.kind === 'delay') await delay(fault.milliseconds);
    const answer = await this.#process(seen, fault);
    if (fault !== undefined && afterProcessing(fault, answer, response)) return;
    send(response, answer);
  }

  #faultFor(endpoint: Endpoint | undefined): Fault | undefined {
    const index = this.faults.findIndex(({ at }) => at === endpoint);
    const ordered = this.faults[index];
    if (ordered?.times === undefined) return ordered?.fault;
    if (ordered.times <= 1) this.faults.splice(index, 1);
    else this.faults[index] = { ...ordered, times: ordered.times - 1 };
    return ordered.fault;
  }

  async #process(seen: SeenRequest, fault: Fault | undefined): Promise<Reply> {
    if (seen.method !== 'POST' || seen.endpoint === undefined) {
      return { status: 404, ...errorBody(404) };
    }
    if (seen.endpoint === 'create') return this.#create(seen, fault);
    return seen.path.includes('/technicaltokenmanager/')
      ? this.#applicationToken(seen)
      : this.#technicalUserToken(seen);
  }

  #technicalUserToken({ headers, body }: SeenRequest): Reply {
    const { id, secret } = this.technicalUser;
    if (headers.authorization !== basic(id, secret)) {
      return { status: 401, ...oauthError('unauthorized', 'Bad credentials') };
    }
    if (new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
      return { status: 400, ...oauthError('unsupported_grant_type', 'Unsupported grant type') };
    }
    return this.#token({ scope: 'mdsp:core:mindconnect.fullaccess', jti: randomUUID() });
  }

  #applicationToken({ headers, body }: SeenRequest): Reply {
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

  async #create(seen: SeenRequest, fault: Fault | undefined): Promise<Reply> {
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

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = request.url ?? '';
  return {
    endpoint: endpointOf(path),
    method: request.method ?? '',
    path,
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function endpointOf(path: string): Endpoint | undefined {
  if (path === '/api/mindconnectmqtt/v3/agentCertificates') return 'create';
  if (path === '/api/technicaltokenmanager/v3/oauth/token') return 'token';
  return /^\/[\w-]+\/oauth\/token$/.test(path) ? 'token' : undefined;
}

/** Plays a fault that keeps the request from being processed; tells whether it was one. */
function insteadOfProcessing(fault: Fault, seen: SeenRequest, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'silence':
      return true;
    case 'reset-before':
      response.socket?.resetAndDestroy();
      return true;
    case 'status': {
      const { status, headers } = fault;
      const retry = status === 429 && headers === undefined ? { 'retry-after': '1' } : headers;
      send(response, { status, ...errorBody(status), ...(retry && { headers: retry }) });
      return true;
    }
    case 'html': {
      const body = '<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>';
      send(response, { status: fault.status ?? 200, type: 'text/html', body });
      return true;
    }
    case 'redirect':
      send(response, {
        status: 307,
        type: 'text/plain',
        body: '',
        headers: { location: fault.location },
      });
      return true;
    case 'body':
      send(response, { status: fault.status ?? 200, type: 'application/json', body: fault.body });
      return true;
    case 'echo':
      send(response, { status: fault.status, type: 'application/json', body: echoOf(seen) });
      return true;
    default:
      return false;
  }
}

/** Plays a fault that hides that the request was processed; tells whether it was one. */
function afterProcessing(fault: Fault, answer: Reply, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'silence-after':
      return true;
    case 'reset-after':
      response.socket?.resetAndDestroy();
      return true;
    case 'cut-off': {
      const { status, type, body } = answer;
      response.writeHead(status, { 'content-type': type, 'content-length': body.length });
      response.write(body.slice(0, body.length / 2), () => response.socket?.resetAndDestroy());
      return true;
    }
    case 'status-after': {
      const { status, headers } = fault;
      send(response, { status, ...errorBody(status), ...(headers && { headers }) });
      return true;
    }
    default:
      return false;
  }
}

function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

/** An error that repeats the request in every encoding that tools use, and speaks as a runner. */
function echoOf({ headers, body }: SeenRequest): string {
  const credential = `${headers.authorization ?? headers['x-space-auth-key']}`;
  const bare = credential.replace(/^\w+ /, '');
  const decoded = credential.startsWith('Basic') ? Buffer.from(bare, 'base64').toString() : bare;
  const message = [
    `\n::warning::owned ##[error]owned\n::add-mask::the\n`,
    ...[credential, bare, decoded, encodeURIComponent(decoded), JSON.stringify(credential)],
    ...[Buffer.from(bare).toString('base64'), body, '\u001b[31m', 'x'.repeat(500)],
  ].join(' ');
  return JSON.stringify({
    errors: [{ code: `code\n::error::${bare}`, logref: bare.slice(0, 2000), message }],
  });
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

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
