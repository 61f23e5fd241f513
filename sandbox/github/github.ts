import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import {
  EmbeddedServer,
  type Reply,
  type SeenRequest,
  type ServerIdentity,
} from '../embedded-server.ts';
import type { GitHubEndpoint } from '../faults.ts';
import { answerOfWorkflows, type Workflows } from './workflows.ts';

type Level = 'none' | 'read' | 'write';

/** What a token may do, in terms of GitHub's permissions. */
export interface Permissions {
  readonly secrets: Level;
  readonly environments: Level;
  readonly variables: Level;
  readonly actions: Level;
}

/** The secrets and variables of a repository or environment, and the key that seals secrets. */
export interface Vault {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
  /** the decrypted values, by name in upper case */
  readonly secrets: Map<string, string>;
  readonly variables: Map<string, string>;
}

const PREFIX = '/api/v3';
const VERSION = '2022-11-28';
const MOST_SECRETS = 100;

/** The most entries on a page, and the default. */
const PAGES = { secrets: { most: 100, usual: 30 }, variables: { most: 30, usual: 10 } };
const NAME = /^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/;

const NO_CONTENT: Reply = { status: 204, type: 'application/json', body: '' };

const ENDPOINTS: readonly {
  readonly endpoint: GitHubEndpoint;
  readonly method: string;
  readonly path: RegExp;
}[] = [
  { endpoint: 'public-key', method: 'GET', path: /\/secrets\/public-key$/ },
  { endpoint: 'secrets', method: 'GET', path: /\/secrets(\?.*)?$/ },
  { endpoint: 'secret', method: 'PUT', path: /\/secrets\/[^/]+$/ },
  { endpoint: 'delete-secret', method: 'DELETE', path: /\/secrets\/[^/]+$/ },
  { endpoint: 'variables', method: 'GET', path: /\/variables(\?.*)?$/ },
  { endpoint: 'variable', method: 'POST', path: /\/variables$/ },
  { endpoint: 'variable', method: 'PATCH', path: /\/variables\/[^/]+$/ },
  { endpoint: 'delete-variable', method: 'DELETE', path: /\/variables\/[^/]+$/ },
];

type Seen = SeenRequest<GitHubEndpoint>;

export interface GitHubOptions {
  readonly tls?: ServerIdentity;
  /**
   * Whether calls may omit the header with the API version. GitHub allows that, but the actions must
   * send it, so this is only for other clients.
   */
  readonly lenient?: boolean;
}

/** Where a request goes: a vault, and the segments of the path below it. */
interface Addressed {
  readonly vault: Vault;
  readonly kind: 'repository' | 'environment';
  readonly rest: readonly string[];
}

/** An embedded GitHub on a loopback port: the API for one repository's secrets, variables and runs. */
export class GitHub extends EmbeddedServer<GitHubEndpoint> {
  readonly repository = 'octo/device';
  readonly vault: Vault = makeVault();
  readonly environments = new Map<string, Vault>();
  readonly workflows: Workflows = { runs: new Map(), enabled: [] };
  readonly #tokens = new Map<string, Permissions>();

  readonly #lenient: boolean;

  private constructor({ tls, lenient = false }: GitHubOptions) {
    super(tls);
    this.#lenient = lenient;
  }

  static async start(options: GitHubOptions = {}): Promise<GitHub> {
    await sodium.ready;
    return new GitHub(options).listen();
  }

  /** The base URL of the API, in the form that an Enterprise Server has. */
  get apiUrl(): string {
    return `${this.origin}${PREFIX}`;
  }

  addEnvironment(name: string): Vault {
    const vault = makeVault();
    this.environments.set(name, vault);
    return vault;
  }

  /** Issues a token with all permissions, except where given otherwise; it is random by default. */
  issueToken(
    permissions: Partial<Permissions> = {},
    token = `ghs_${randomBytes(27).toString('base64url')}`,
  ): string {
    this.#tokens.set(token, {
      secrets: 'write',
      environments: 'write',
      variables: 'write',
      actions: 'write',
      ...permissions,
    });
    return token;
  }

  protected override endpointOf(method: string, path: string): GitHubEndpoint | undefined {
    return ENDPOINTS.find((route) => route.method === method && route.path.test(path))?.endpoint;
  }

  protected override errorReply(status: number): Reply {
    return failure(status, ERRORS[status] ?? 'Server Error');
  }

  protected override process(seen: Seen): Reply {
    const { headers } = seen;
    if (!headers['user-agent']) return failure(403, 'Request forbidden by administrative rules.');
    const version = headers['x-github-api-version'] ?? (this.#lenient ? VERSION : undefined);
    if (version !== VERSION) return failure(400, 'Unknown version.');
    const [, token = ''] = /^(?:bearer|token) (.+)$/i.exec(headers.authorization ?? '') ?? [];
    const permissions = this.#tokens.get(token);
    if (permissions === undefined) return failure(401, 'Bad credentials');
    const workflow = answerOfWorkflows(this.workflows, { ...seen, level: permissions.actions });
    if (workflow !== undefined) return workflow;
    const addressed = this.#find(seen.path);
    if (addressed === undefined || seen.endpoint === undefined) return failure(404, 'Not Found');
    return refuse(seen, addressed, permissions) ?? answer(seen, addressed);
  }

  #find(path: string): Addressed | undefined {
    const [plain = ''] = path.split('?');
    const [, , , repos, owner, repo, ...rest] = plain.split('/').map(decodeURIComponent);
    if (repos !== 'repos' || `${owner}/${repo}` !== this.repository) return undefined;
    if (rest[0] === 'actions') {
      return { kind: 'repository', vault: this.vault, rest: rest.slice(1) };
    }
    const vault = this.environments.get(rest[1] ?? '');
    if (rest[0] !== 'environments' || vault === undefined) return undefined;
    return { kind: 'environment', vault, rest: rest.slice(2) };
  }
}

/** GitHub's answer if the token lacks a permission; undefined if it has that permission. */
function refuse(
  seen: Seen,
  { kind, rest }: Addressed,
  permissions: Permissions,
): Reply | undefined {
  const subject = rest[0] === 'variables' ? 'variables' : 'secrets';
  const permission = kind === 'environment' ? 'environments' : subject;
  const needed = seen.method === 'GET' ? 'read' : 'write';
  const has = permissions[permission];
  if (has === 'write' || has === needed) return undefined;
  return {
    ...failure(403, 'Resource not accessible by integration'),
    headers: { 'x-accepted-github-permissions': `${permission}=${needed}` },
  };
}

function answer(seen: Seen, { vault, rest: [, name = ''] }: Addressed): Reply {
  switch (seen.endpoint) {
    case 'public-key':
      return json(200, { key_id: vault.keyId, key: base64(vault.publicKey) });
    case 'secrets':
      return list('secrets', vault, seen.path);
    case 'secret':
      return putSecret(vault, name, seen.body);
    case 'delete-secret':
      return remove(vault.secrets, name);
    case 'variables':
      return list('variables', vault, seen.path);
    case 'variable':
      return seen.method === 'POST'
        ? postVariable(vault, seen.body)
        : patchVariable(vault, name, seen);
    case 'delete-variable':
      return remove(vault.variables, name);
    case undefined:
      return failure(404, 'Not Found');
  }
}

function putSecret(vault: Vault, name: string, body: string): Reply {
  const { encrypted_value, key_id } = JSON.parse(body) as Record<string, string>;
  const upper = name.toUpperCase();
  if (!NAME.test(upper)) {
    return failure(
      422,
      'Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_).',
    );
  }
  if (key_id === undefined) return failure(422, `"key_id" wasn't supplied.`);
  const opened = key_id === vault.keyId ? open(vault, encrypted_value ?? '') : undefined;
  if (opened === undefined) return failure(422, 'improperly encrypted secret');
  const isNew = !vault.secrets.has(upper);
  if (isNew && vault.secrets.size >= MOST_SECRETS) return failure(403, 'Too many secrets.');
  vault.secrets.set(upper, opened);
  return isNew ? json(201, {}) : NO_CONTENT;
}

/** Opens a sealed box with libsodium; returns undefined if it was not sealed for this vault. */
function open({ publicKey, privateKey }: Vault, box: string): string | undefined {
  try {
    const sealed = Buffer.from(box, 'base64');
    return Buffer.from(sodium.crypto_box_seal_open(sealed, publicKey, privateKey)).toString();
  } catch {
    return undefined;
  }
}

/** A page of secrets, without their values, or of variables. */
function list(kind: keyof typeof PAGES, vault: Vault, path: string): Reply {
  const { searchParams } = new URL(path, 'http://127.0.0.1');
  const { most, usual } = PAGES[kind];
  const size = Math.min(Number(searchParams.get('per_page') ?? usual), most);
  const start = (Number(searchParams.get('page') ?? 1) - 1) * size;
  const time = new Date(0).toISOString();
  const entries = [...vault[kind]].slice(start, start + size).map(([name, value]) => ({
    name,
    ...(kind === 'variables' && { value }),
    created_at: time,
    updated_at: time,
  }));
  return json(200, { total_count: vault[kind].size, [kind]: entries });
}

function postVariable(vault: Vault, body: string): Reply {
  const { name = '', value = '' } = JSON.parse(body) as Record<string, string>;
  if (vault.variables.has(name.toUpperCase())) return failure(409, 'Already exists.');
  vault.variables.set(name.toUpperCase(), value);
  return json(201, {});
}

function patchVariable(vault: Vault, name: string, { body }: Seen): Reply {
  if (!vault.variables.has(name.toUpperCase())) return failure(404, 'Not Found');
  const { value = '' } = JSON.parse(body) as Record<string, string>;
  vault.variables.set(name.toUpperCase(), value);
  return NO_CONTENT;
}

function remove(values: Map<string, string>, name: string): Reply {
  return values.delete(name.toUpperCase()) ? NO_CONTENT : failure(404, 'Not Found');
}

function makeVault(): Vault {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  const keyId = BigInt(`0x${randomBytes(8).toString('hex')}`).toString();
  return { keyId, publicKey, privateKey, secrets: new Map(), variables: new Map() };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const ERRORS: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by personal access token',
  404: 'Not Found',
  422: 'Validation Failed',
  429: 'You have exceeded a secondary rate limit.',
};

function failure(status: number, message: string): Reply {
  const documentation_url = 'https://docs.github.com/rest';
  return json(status, { message, documentation_url, status: String(status) });
}

function json(status: number, value: unknown): Reply {
  const headers = { 'x-github-request-id': randomBytes(8).toString('hex').toUpperCase() };
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value), headers };
}
