import { safeFileName } from '../destinations/files.ts';
import { type GitHubSettings, SECRETS_PER_AGENT, scopeKinds } from '../github/scopes.ts';
import type { InputSource } from '../host/host.ts';
import { type ProxySettings, proxyFor } from '../http/proxy.ts';
import type { AgentRequest } from '../insights-hub/certificates.ts';
import type { Window } from '../insights-hub/quotas.ts';
import { apiUrlOf, type Credentials, type HubUrls, tokenUrlOf } from '../insights-hub/urls.ts';
import { type Broker, DEFAULT_BROKER_URL } from '../mqtt/broker.ts';
import {
  checkAgents,
  checkShared,
  type ListedAgent,
  readClientIdPrefix,
  readNames,
  readOwner,
  takeShard,
  warningOfNames,
} from './agents.ts';
import { readCredentials, readPassphrase } from './credentials.ts';
import { type AuthorityFile, readBrokerCa, readOutputDirectory } from './files.ts';
import { readGitHub } from './github.ts';
import { readNamesFile } from './names-file.ts';
import { type Defaults, InputReader, SHARED_DEFAULTS } from './reader.ts';
import { readBroker, readHubUrls, readProxies } from './urls.ts';

export const CREATE_DEFAULTS: Defaults = {
  ...SHARED_DEFAULTS,
  destination: 'workspace',
  'output-directory': '.insights-hub',
  'keep-files': 'false',
  'if-exists': 'fail',
  'key-format': 'issued',
  'encrypt-key': 'false',
  'verify-connection': 'false',
  'broker-url': DEFAULT_BROKER_URL,
  ephemeral: 'false',
  'rate-limit': '10/30s',
};

/** What `rate-limit` may say at most. */
const MOST_CREATES = 10_000;
const LONGEST_WINDOW = 3600;

/** The inputs that both actions have, checked. */
export interface CommonInputs {
  readonly urls: HubUrls;
  readonly credentials: Credentials;
  /** what the tenant's client ids begin with, before `_` */
  readonly clientIdPrefix: string;
  /** where secrets are written or deleted, if anywhere */
  readonly github: GitHubSettings | undefined;
  /** agents in flight at once */
  readonly concurrency: number;
  /** seconds that all network work of one agent may take */
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly summary: boolean;
  /** from the job's environment */
  readonly proxies: ProxySettings;
}

/** The inputs of the create action, checked. */
export interface Inputs extends CommonInputs {
  /** those of the shard, in the list's order; may be none */
  readonly agents: readonly AgentRequest[];
  /** whether private keys are kept encrypted */
  readonly encrypted: boolean;
  /** whether the whole list holds several */
  readonly several: boolean;
  /** whether files go into the workspace */
  readonly toWorkspace: boolean;
  /** absolute */
  readonly outputDirectory: string;
  readonly keepFiles: boolean;
  /** what becomes of an agent whose files are there already */
  readonly ifExists: 'fail' | 'skip';
  readonly verifyConnection: boolean;
  readonly broker: Broker;
  /** the CAs to trust instead of those that this machine trusts */
  readonly brokerCa: AuthorityFile | undefined;
  /** whether the agents are deleted when the job ends */
  readonly ephemeral: boolean;
  /** the creates that the tenant may make */
  readonly rateLimit: Window;
}

/**
 * Reads and checks every input, and has the given secrets masked. Throws `input-invalid` with all
 * problems at once, or `credentials-missing` when that is the only one.
 */
export async function readInputs(source: InputSource): Promise<Inputs> {
  const reader = new InputReader(source, CREATE_DEFAULTS);
  reader.maskSecrets('key-passphrase');
  const urls = readHubUrls(reader);
  const credentials = readCredentials(reader, urls.tenant);
  const keyForm = readKeyForm(reader);
  const gitHubToken = reader.secret('github-token');
  const ephemeral = reader.flag('ephemeral');
  const clientIdPrefix = readClientIdPrefix(reader, urls.tenant);
  const listed = await readAgents(reader, clientIdPrefix);
  const taken = takeShard(reader, listed);
  const defaultOwner = readOwner(reader);
  const { toWorkspace, kinds } = readDestination(reader);
  const inputs = {
    agents: taken.map(({ name, owner = defaultOwner, clientId }) => ({
      name,
      owner,
      expectedClientId: clientId,
      ...keyForm,
      ephemeral,
    })),
    encrypted: keyForm.passphrase !== undefined,
    several: listed.length > 1,
    urls,
    clientIdPrefix,
    toWorkspace,
    github: readGitHub(reader, gitHubToken, kinds, listed),
    outputDirectory: readOutputDirectory(reader),
    keepFiles: reader.flag('keep-files'),
    ifExists: reader.word('if-exists', ['fail', 'skip']),
    concurrency: reader.wholeNumber('concurrency', { from: 1, to: 32 }),
    rateLimit: readRateLimit(reader),
    verifyConnection: reader.flag('verify-connection'),
    brokerCa: await readBrokerCa(reader),
    ephemeral,
    timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
    dryRun: reader.flag('dry-run'),
    summary: reader.flag('summary'),
  };
  if (inputs.ifExists === 'skip') checkFileNames(reader, listed);
  const broker = readBroker(reader, urls);
  const proxies = readProxies(reader);
  return { ...inputs, ...reader.found({ credentials, proxies, broker }) };
}

/** What has to be known after the job to delete what an ephemeral run made. */
export type CleanUpInputs = ReturnType<typeof readCleanUpInputs>;

/** Reads them once more after the job: secrets are kept in no file. Throws as `readInputs` does. */
export function readCleanUpInputs(source: InputSource) {
  const reader = new InputReader(source, CREATE_DEFAULTS);
  reader.maskSecrets();
  const urls = readHubUrls(reader);
  const credentials = readCredentials(reader, urls.tenant);
  const gitHubToken = reader.secret('github-token');
  const github = readGitHub(reader, gitHubToken, readDestination(reader).kinds, []);
  const timeout = reader.wholeNumber('timeout', { from: 1, to: 3600 });
  const proxies = readProxies(reader);
  return { urls, github, timeout, ...reader.found({ credentials, proxies }) };
}

/** What the inputs still say of a run whose notes are lost. */
export type LostInputs = Awaited<ReturnType<typeof readLostInputs>>;

/** Reads them as far as they can be read. Whatever is wrong with them, they are only named. */
export async function readLostInputs(source: InputSource) {
  const reader = new InputReader(source, CREATE_DEFAULTS);
  const { tenant } = readHubUrls(reader);
  // Also has the secrets masked, which may be in other inputs by now.
  readCredentials(reader, tenant);
  readPassphrase(reader);
  const gitHubToken = reader.secret('github-token');
  const listed = await readAgents(reader, readClientIdPrefix(reader, tenant));
  const agents = takeShard(reader, listed);
  const { toWorkspace, kinds } = readDestination(reader);
  const files = {
    outputDirectory: readOutputDirectory(reader),
    clientIds: agents.map(({ clientId }) => clientId),
    toWorkspace,
    keepFiles: reader.flag('keep-files'),
    ifExists: reader.word('if-exists', ['fail', 'skip']),
  };
  const github = readGitHub(reader, gitHubToken, kinds, listed);
  const ephemeral = reader.flag('ephemeral');
  return { agents, several: listed.length > 1, files, github, ephemeral };
}

/** What is unusual about valid inputs. */
export function warningsOf({ agents, urls: { region } }: Inputs): readonly string[] {
  const documented = SHARED_DEFAULTS['region'];
  const otherRegion =
    region !== documented &&
    `Agent certificates are documented for region ${documented} only; region ${region} may not offer them.`;
  const names = warningOfNames(agents.map(({ name }) => name));
  return [otherRegion, names].filter((warning) => typeof warning === 'string');
}

/**
 * The URLs that a run is about to call, once for each connection that it needs, the most urgent
 * first: none through a proxy, and none at all when agents may be there already.
 */
export function preconnectionsFor(inputs: Inputs): readonly URL[] {
  const { agents, concurrency, credentials, urls, github, dryRun, ifExists, proxies } = inputs;
  const atOnce = Math.min(agents.length, concurrency, inputs.rateLimit.count);
  if (agents.length === 0 || ifExists === 'skip') return [];
  const tokens = credentials.kind === 'token' ? [] : [tokenUrlOf(credentials, urls)];
  const gateway = apiUrlOf(urls, 'mindconnectmqtt', 'agentCertificates');
  const creates = Array<URL>(atOnce).fill(gateway);
  // The token's own connection serves the first agent where both are on the same server.
  if (tokens[0]?.origin === gateway.origin) creates.pop();
  // Key and certificate are pushed at the same time.
  const pushes =
    github?.scopes.flatMap(() => Array<URL>(SECRETS_PER_AGENT).fill(new URL(github.apiUrl))) ?? [];
  const needed = dryRun ? tokens : [...tokens, ...creates, ...pushes];
  return needed.filter((url) => proxyFor(url, proxies) === undefined);
}

/** The whole list, from the one input that gives it. */
async function readAgents(reader: InputReader, prefix: string): Promise<readonly ListedAgent[]> {
  const named = readNames(reader, prefix);
  const hasFile = reader.text('names-file') !== '';
  const listed = hasFile ? await readNamesFile(reader, prefix) : named;
  if (hasFile && named.length > 0) {
    reader.problem('`name` and `names-file` are both set: set one of them.');
  } else if (!hasFile && named.length === 0) {
    reader.problem(
      '`name` or `names-file` is required: the name of the agent, a list with one name per line, or a file with such a list.',
    );
  }
  checkAgents(reader, listed, prefix);
  return listed;
}

/** Agents that would share files could not be told apart by them. */
function checkFileNames(reader: InputReader, listed: readonly ListedAgent[]): void {
  checkShared(
    reader,
    listed,
    ({ clientId }) => safeFileName(clientId).toLowerCase(),
    () => 'would share files, which `if-exists` skip could not tell apart. Rename one of them.',
  );
}

/** How private keys are stored. */
function readKeyForm(reader: InputReader) {
  const keyFormat = reader.word('key-format', ['issued', 'pkcs8']);
  return { keyFormat, passphrase: readPassphrase(reader) };
}

/** `rate-limit`, such as `10/30s`: ten within any 30 seconds. */
function readRateLimit(reader: InputReader): Window {
  const [, ...parts] = /^(\d+)\/(\d+)s$/.exec(reader.text('rate-limit')) ?? [];
  const [count = 0, seconds = 0] = parts.map(Number);
  if (count < 1 || count > MOST_CREATES || seconds < 1 || seconds > LONGEST_WINDOW) {
    reader.mustBe(
      'rate-limit',
      `COUNT/SECONDSs, such as 10/30s, with COUNT from 1 to ${MOST_CREATES} and SECONDS from 1 to ${LONGEST_WINDOW}`,
    );
  }
  return { count, seconds };
}

/** Whether files are wanted, and the scopes of secrets. */
function readDestination(reader: InputReader) {
  const known = ['workspace', ...scopeKinds] as const;
  const chosen = reader.words('destination', known);
  // Only commas: everything else that is wrong was reported.
  if (chosen.length === 0 && /^[\s,]*$/.test(reader.text('destination'))) {
    reader.problem(`\`destination\` takes ${known.join(', ')}, and names none of them.`);
  }
  return {
    toWorkspace: chosen.includes('workspace'),
    kinds: chosen.filter((kind) => kind !== 'workspace'),
  };
}
