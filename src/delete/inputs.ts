import type { GitHubSettings } from '../destinations/github-settings.ts';
import type { ProxySettings } from '../http/proxy.ts';
import {
  checkAgents,
  type ListedAgent,
  readClientIds,
  readFileOfNames,
  readNames,
} from '../inputs/agents.ts';
import { readCredentials } from '../inputs/credentials.ts';
import { DELETE_DEFAULTS } from '../inputs/defaults.ts';
import { readEndpoints } from '../inputs/endpoints.ts';
import { readGitHub } from '../inputs/github.ts';
import { readPlaces } from '../inputs/places.ts';
import { readProxies } from '../inputs/proxies.ts';
import { InputReader, type InputSource } from '../inputs/reader.ts';
import type { Credentials } from '../insights-hub/credentials.ts';
import type { EndpointSettings } from '../insights-hub/endpoints.ts';

/** The inputs of the delete action, checked. */
export interface DeleteInputs {
  /** at least one */
  readonly agents: readonly ListedAgent[];
  readonly endpoints: EndpointSettings;
  readonly credentials: Credentials;
  /** whose secrets go with the agents, if any */
  readonly github: GitHubSettings | undefined;
  readonly deleteAsset: boolean;
  /** agents in flight at once */
  readonly concurrency: number;
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
export async function readDeleteInputs(source: InputSource): Promise<DeleteInputs> {
  const reader = new InputReader(source, DELETE_DEFAULTS);
  const endpoints = readEndpoints(reader);
  const credentials = readCredentials(reader, endpoints.tenant);
  const gitHubToken = reader.secret('github-token');
  const agents = await readAgents(reader, endpoints.tenant);
  const places = readPlaces(reader, ['repository', 'environment']);
  const inputs = {
    agents,
    endpoints,
    github: readGitHub(reader, gitHubToken, places, agents),
    deleteAsset: reader.flag('delete-asset'),
    concurrency: reader.wholeNumber('concurrency', { from: 1, to: 32 }),
    timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
    dryRun: reader.flag('dry-run'),
    summary: reader.flag('summary'),
  };
  const proxies = readProxies(reader);
  return { ...inputs, ...reader.found({ credentials, proxies }) };
}

async function readAgents(reader: InputReader, tenant: string): Promise<readonly ListedAgent[]> {
  const agents = [
    ...readNames(reader, tenant),
    ...(await readFileOfNames(reader, tenant)),
    ...readClientIds(reader, tenant),
  ];
  if (agents.length === 0 && reader.text('names-file') === '') {
    reader.problem('One of `name`, `names-file` and `client-id` is required: which agents to end.');
  }
  checkAgents(reader, agents, tenant);
  return agents;
}
