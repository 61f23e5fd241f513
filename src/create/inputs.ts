import { safeFileName } from '../destinations/file-name.ts';
import type { GitHubSettings } from '../destinations/github-settings.ts';
import type { ProxySettings } from '../http/proxy.ts';
import { checkAgents, type ListedAgent, readFileOfNames, readNames } from '../inputs/agents.ts';
import { type AuthorityFile, readBroker, readBrokerCa } from '../inputs/broker.ts';
import { readCredentials } from '../inputs/credentials.ts';
import { CREATE_DEFAULTS } from '../inputs/defaults.ts';
import { readEndpoints } from '../inputs/endpoints.ts';
import { readGitHub } from '../inputs/github.ts';
import { readOutputDirectory } from '../inputs/output-directory.ts';
import { readPlaces } from '../inputs/places.ts';
import { readProxies } from '../inputs/proxies.ts';
import { InputReader, type InputSource } from '../inputs/reader.ts';
import { readShard, takeShard } from '../inputs/shard.ts';
import type { AgentRequest } from '../insights-hub/agent-certificates.ts';
import type { Credentials } from '../insights-hub/credentials.ts';
import type { EndpointSettings } from '../insights-hub/endpoints.ts';
import type { Broker } from '../mqtt/broker.ts';
import { Secret } from '../secret.ts';

/** OpenSSL reads no more of a passphrase: a key under a longer one could not be opened again. */
const LONGEST_PASSPHRASE = 1023;

/** The inputs of the create action, checked. */
export interface Inputs {
  /** those of the shard, in the list's order; none where its part is empty */
  readonly agents: readonly AgentRequest[];
  /** whether the whole list holds several */
  readonly several: boolean;
  readonly endpoints: EndpointSettings;
  readonly credentials: Credentials;
  /** whether files go into the workspace */
  readonly toWorkspace: boolean;
  /** secrets to write, if any */
  readonly github: GitHubSettings | undefined;
  /** absolute */
  readonly outputDirectory: string;
  readonly keepFiles: boolean;
  /** what becomes of an agent whose files are there already */
  readonly ifExists: 'fail' | 'skip';
  /** agents in flight at once */
  readonly concurrency: number;
  readonly verifyConnection: boolean;
  readonly broker: Broker;
  /** who vouches for the broker; where it is not given, whom this machine trusts */
  readonly brokerCa: AuthorityFile | undefined;
  /** whether the post step ends the agents */
  readonly ephemeral: boolean;
  /** seconds that all network work of one agent may take */
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly summary: boolean;
  /** from the job's environment */
  readonly proxies: ProxySettings;
}

/**
 * Reads and checks every input, and has the given secrets masked. Throws `input-invalid` with all
 * problems at once, or `credentials-missing` when that is the only one.
 */
export async function readInputs(source: InputSource): Promise<Inputs> {
  const reader = new InputReader(source, CREATE_DEFAULTS);
  const endpoints = readEndpoints(reader);
  const credentials = readCredentials(reader, endpoints.tenant);
  const passphrase = readPassphrase(reader);
  const gitHubToken = reader.secret('github-token');
  const ephemeral = reader.flag('ephemeral');
  const listed = await readList(reader, endpoints.tenant);
  const shard = readShard(reader);
  const owner = reader.text('owner') || undefined;
  const kinds = readDestinations(reader);
  const inputs = {
    agents: takeShard(listed, shard).map((agent) => ({
      name: agent.name,
      owner: agent.owner ?? owner,
      expectedClientId: agent.clientId,
      passphrase,
      ephemeral,
    })),
    several: listed.length > 1,
    endpoints,
    toWorkspace: kinds.includes('workspace'),
    github: readGitHub(reader, gitHubToken, secretPlaces(kinds), listed),
    outputDirectory: readOutputDirectory(reader),
    keepFiles: reader.flag('keep-files'),
    ifExists: reader.word('if-exists', ['fail', 'skip']),
    concurrency: reader.wholeNumber('concurrency', { from: 1, to: 32 }),
    verifyConnection: reader.flag('verify-connection'),
    brokerCa: await readBrokerCa(reader),
    ephemeral,
    timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
    dryRun: reader.flag('dry-run'),
    summary: reader.flag('summary'),
  };
  if (inputs.ifExists === 'skip') checkFileNames(reader, listed);
  const broker = readBroker(reader, endpoints);
  const proxies = readProxies(reader);
  return { ...inputs, ...reader.found({ credentials, proxies, broker }) };
}

/** What the post step has to know to end what an ephemeral run made. */
export type UndoInputs = Pick<
  Inputs,
  'endpoints' | 'credentials' | 'github' | 'ephemeral' | 'timeout' | 'proxies'
>;

/** Reads these inputs once more, with the secrets that no file keeps. Throws as `readInputs` does. */
export function readUndoInputs(source: InputSource): UndoInputs {
  const reader = new InputReader(source, CREATE_DEFAULTS);
  const endpoints = readEndpoints(reader);
  const credentials = readCredentials(reader, endpoints.tenant);
  const gitHubToken = reader.secret('github-token');
  const github = readGitHub(reader, gitHubToken, secretPlaces(readDestinations(reader)), []);
  const ephemeral = reader.flag('ephemeral');
  const timeout = reader.wholeNumber('timeout', { from: 1, to: 3600 });
  const proxies = readProxies(reader);
  return { endpoints, github, ephemeral, timeout, ...reader.found({ credentials, proxies }) };
}

/** What is unusual about valid inputs. */
export function warningsOf({ endpoints: { region } }: Inputs): readonly string[] {
  const documented = CREATE_DEFAULTS['region'];
  if (region === documented) return [];
  return [
    `Agent certificates are documented for region ${documented} only; region ${region} may not offer them.`,
  ];
}

/** The whole list, from the one input that gives it. */
async function readList(reader: InputReader, tenant: string): Promise<readonly ListedAgent[]> {
  const named = readNames(reader, tenant);
  const hasFile = reader.text('names-file') !== '';
  const listed = hasFile ? await readFileOfNames(reader, tenant) : named;
  if (hasFile && named.length > 0) {
    reader.problem('`name` and `names-file` are both set: set one of them.');
  } else if (!hasFile && named.length === 0) {
    reader.problem(
      '`name` or `names-file` is required: the name of the agent, a list with one name per line, or a file with such a list.',
    );
  }
  checkAgents(reader, listed, tenant);
  return listed;
}

/** Agents that would share files can't be told apart by them later. */
function checkFileNames(reader: InputReader, listed: readonly ListedAgent[]): void {
  const owners = new Map<string, ListedAgent>();
  for (const agent of listed) {
    const file = safeFileName(agent.clientId).toLowerCase();
    const other = owners.get(file);
    if (other !== undefined && other.clientId !== agent.clientId) {
      reader.problem(
        `The agents ${reader.quote(other.name)} and ${reader.quote(agent.name)} would share files, which \`if-exists\` skip could not tell apart. Rename one of them.`,
      );
    }
    owners.set(file, agent);
  }
}

const destinations = ['workspace', 'repository', 'environment'] as const;
type DestinationKind = (typeof destinations)[number];

function secretPlaces(kinds: readonly DestinationKind[]) {
  return kinds.filter((kind) => kind !== 'workspace');
}

function readDestinations(reader: InputReader): readonly DestinationKind[] {
  const places = readPlaces(reader, destinations);
  // Only commas: what is wrong otherwise was told.
  if (places.length === 0 && /^[\s,]*$/.test(reader.text('destination'))) {
    reader.problem(`\`destination\` takes ${destinations.join(', ')}, and names none of them.`);
  }
  return places;
}

function readPassphrase(reader: InputReader): Secret | undefined {
  const passphrase = reader.secret('key-passphrase', { trim: false });
  if (Buffer.byteLength(passphrase) > LONGEST_PASSPHRASE) {
    reader.problem(`\`key-passphrase\` is longer than ${LONGEST_PASSPHRASE} bytes.`);
  }
  return passphrase === '' ? undefined : new Secret(passphrase);
}
