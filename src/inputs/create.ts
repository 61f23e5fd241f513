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

/** The largest values of `rate-limit`; the second is in seconds. */
const MOST_CREATES = 10_000;
const LONGEST_WINDOW = 3600;

/** The inputs that both actions have, checked. */
export interface CommonInputs {
  readonly urls: HubUrls;
  readonly credentials: Credentials;
  /** the prefix of the tenant's client ids, without `_` */
  readonly clientIdPrefix: string;
  /** where secrets are written or deleted, if anywhere */
  readonly github: GitHubSettings | undefined;
  /** how many agents are processed in parallel */
  readonly concurrency: number;
  /** the seconds that all network calls of one agent may take */
  readonly timeout: number;
  readonly dryRun: boolean;
  /** from the job's environment */
  readonly proxies: ProxySettings;
}

/** The inputs of the create action, checked. */
export interface Inputs extends CommonInputs {
  /** those of the shard, in the order of the list; may be empty */
  readonly agents: readonly AgentRequest[];
  /** whether private keys are stored encrypted */
  readonly encrypted: boolean;
  /** whether the whole list has several agents */
  readonly several: boolean;
  /** whether files are written */
  readonly toWorkspace: boolean;
  /** absolute */
  readonly outputDirectory: string;
  readonly keepFiles: boolean;
  /** what to do if the agent's files exist */
  readonly ifExists: 'fail' | 'skip';
  readonly verifyConnection: boolean;
  readonly broker: Broker;
  /** the CAs to trust instead of those that the runner trusts */
  readonly brokerCa: AuthorityFile | undefined;
  /** whether the agents are deleted when the job ends */
  readonly ephemeral: boolean;
  /** how many agents the tenant may create in how much time */
  readonly rateLimit: Window;
}

/**
 * Reads and checks all inputs, and masks the secrets among them. Throws `input-invalid` with all
 * problems, or `credentials-missing` if that is the only one.
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
  };
  reader.flag('summary'); // Only checked: the entries read it, even if other inputs are wrong.
  if (inputs.ifExists === 'skip') checkFileNames(reader, listed);
  const broker = readBroker(reader, urls);
  const proxies = readProxies(reader);
  return { ...inputs, ...reader.found({ credentials, proxies, broker }) };
}

/** The inputs that the post step needs to delete what an ephemeral run created. */
export type CleanUpInputs = ReturnType<typeof readCleanUpInputs>;

/** Reads them again in the post step, because no file stores secrets. Throws as `readInputs` does. */
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

/** What the inputs say about a run whose journal is lost. */
export type LostInputs = Awaited<ReturnType<typeof readLostInputs>>;

/** Reads them as far as possible. Ignores all problems, because the values are only shown. */
export async function readLostInputs(source: InputSource) {
  const reader = new InputReader(source, CREATE_DEFAULTS);
  const { tenant } = readHubUrls(reader);
  // Also masks the secrets, which other inputs may contain by now.
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

/** Warnings about inputs that are valid but unusual. */
export function warningsOf({ agents, urls: { region } }: Inputs): readonly string[] {
  const documented = SHARED_DEFAULTS['region'];
  const otherRegion =
    region !== documented &&
    `Agent certificates are documented for region ${documented} only. Region ${region} may not offer them.`;
  const names = warningOfNames(agents.map(({ name }) => name));
  return [otherRegion, names].filter((warning) => typeof warning === 'string');
}

/**
 * The URLs that a run is about to call, one for each connection that it needs, the most urgent first.
 * Leaves out those behind a proxy, and returns none at all if agents may be skipped.
 */
export function preconnectionsFor(inputs: Inputs): readonly URL[] {
  const { agents, concurrency, credentials, urls, github, dryRun, ifExists, proxies } = inputs;
  const parallel = Math.min(agents.length, concurrency, inputs.rateLimit.count);
  if (agents.length === 0 || ifExists === 'skip') return [];
  const tokens = credentials.kind === 'token' ? [] : [tokenUrlOf(credentials, urls)];
  const gateway = apiUrlOf(urls, 'mindconnectmqtt', 'agentCertificates');
  const creates = Array<URL>(parallel).fill(gateway);
  // If both are on the same server, the first agent uses the token's connection.
  if (tokens[0]?.origin === gateway.origin) creates.pop();
  // Private key and certificate are pushed in parallel.
  const pushes =
    github?.scopes.flatMap(() => Array<URL>(SECRETS_PER_AGENT).fill(new URL(github.apiUrl))) ?? [];
  const needed = dryRun ? tokens : [...tokens, ...creates, ...pushes];
  return needed.filter((url) => proxyFor(url, proxies) === undefined);
}

/** The whole list, from `name` or `names-file`. */
async function readAgents(reader: InputReader, prefix: string): Promise<readonly ListedAgent[]> {
  const named = readNames(reader, prefix);
  const hasFile = reader.text('names-file') !== '';
  const listed = hasFile ? await readNamesFile(reader, prefix) : named;
  if (hasFile && named.length > 0) {
    reader.problem('`name` and `names-file` are both set. Set only one of them.');
  } else if (!hasFile && named.length === 0) {
    reader.problem(
      '`name` or `names-file` is required. Set `name` to one or more agent names, one per line, or `names-file` to a file with one agent per line.',
    );
  }
  checkAgents(reader, listed, prefix);
  return listed;
}

/** Reports agents that would share files: `skip` could not tell which of them exists. */
function checkFileNames(reader: InputReader, listed: readonly ListedAgent[]): void {
  checkShared(
    reader,
    listed,
    ({ clientId }) => safeFileName(clientId).toLowerCase(),
    () =>
      'would share files, so `if-exists: skip` could not tell which exists. Rename one of them.',
  );
}

/** How private keys are stored. */
function readKeyForm(reader: InputReader) {
  const keyFormat = reader.word('key-format', ['issued', 'pkcs8']);
  return { keyFormat, passphrase: readPassphrase(reader) };
}

/** `rate-limit`, such as `10/30s`: ten in any 30 seconds. */
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

/** Whether to write files, and to which scopes to push secrets. */
function readDestination(reader: InputReader) {
  const known = ['workspace', ...scopeKinds] as const;
  const chosen = reader.words('destination', known);
  // Only commas and white space: `words` has reported everything else.
  if (chosen.length === 0 && /^[\s,]*$/.test(reader.text('destination'))) {
    reader.problem(`\`destination\` is empty. Set it to one or more of ${known.join(', ')}.`);
  }
  return {
    toWorkspace: chosen.includes('workspace'),
    kinds: chosen.filter((kind) => kind !== 'workspace'),
  };
}
