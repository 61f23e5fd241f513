import { scopeKinds } from '../github/scopes.ts';
import type { InputSource } from '../host/host.ts';
import {
  checkAgents,
  type ListedAgent,
  readClientIds,
  readNames,
  readNamesFile,
} from './agents.ts';
import type { CommonInputs } from './create.ts';
import { readCredentials } from './credentials.ts';
import { readGitHub } from './github.ts';
import { type Defaults, InputReader, SHARED_DEFAULTS } from './reader.ts';
import { readHubUrls, readProxies } from './urls.ts';

export const DELETE_DEFAULTS: Defaults = {
  ...SHARED_DEFAULTS,
  'delete-asset': 'true',
};

/** The inputs of the delete action, checked. */
export interface DeleteInputs extends CommonInputs {
  /** at least one */
  readonly agents: readonly ListedAgent[];
  readonly deleteAsset: boolean;
}

/** Reads and checks every input of the delete action, as `readInputs` does, and throws the same. */
export async function readDeleteInputs(source: InputSource): Promise<DeleteInputs> {
  const reader = new InputReader(source, DELETE_DEFAULTS);
  const urls = readHubUrls(reader);
  const credentials = readCredentials(reader, urls.tenant);
  const gitHubToken = reader.secret('github-token');
  const agents = [
    ...readNames(reader, urls.tenant),
    ...(await readNamesFile(reader, urls.tenant)),
    ...readClientIds(reader, urls.tenant),
  ];
  if (agents.length === 0 && reader.text('names-file') === '') {
    reader.problem('One of `name`, `names-file` and `client-id` is required: which agents to end.');
  }
  checkAgents(reader, agents, urls.tenant);
  const kinds = reader.words('destination', scopeKinds);
  const inputs = {
    agents,
    urls,
    github: readGitHub(reader, gitHubToken, kinds, agents),
    deleteAsset: reader.flag('delete-asset'),
    concurrency: reader.wholeNumber('concurrency', { from: 1, to: 32 }),
    timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
    dryRun: reader.flag('dry-run'),
    summary: reader.flag('summary'),
  };
  return { ...inputs, ...reader.found({ credentials, proxies: readProxies(reader) }) };
}
