import { scopeKinds } from '../github/scopes.ts';
import type { InputSource } from '../host/host.ts';
import {
  checkAgents,
  type ListedAgent,
  readClientIdPrefix,
  readClientIds,
  readNames,
  refuseWildcards,
} from './agents.ts';
import type { CommonInputs } from './create.ts';
import { readCredentials } from './credentials.ts';
import { readGitHub } from './github.ts';
import { readNamesFile } from './names-file.ts';
import { type Defaults, InputReader, SHARED_DEFAULTS } from './reader.ts';
import { readHubUrls, readProxies } from './urls.ts';

export const DELETE_DEFAULTS: Defaults = {
  ...SHARED_DEFAULTS,
  'delete-certificate': 'true',
  'delete-asset': 'true',
};

/** The inputs of the delete action, checked. */
export interface DeleteInputs extends CommonInputs {
  /** may be none where there are certificate ids */
  readonly agents: readonly ListedAgent[];
  /** certificates to delete besides those of the agents; each once, in the list's order */
  readonly certificateIds: readonly string[];
  /** whether the agents' certificates are deleted */
  readonly deleteCertificate: boolean;
  readonly deleteAsset: boolean;
}

/** Reads and checks every input of the delete action, as `readInputs` does, and throws the same. */
export async function readDeleteInputs(source: InputSource): Promise<DeleteInputs> {
  const reader = new InputReader(source, DELETE_DEFAULTS);
  reader.maskSecrets();
  const urls = readHubUrls(reader);
  const credentials = readCredentials(reader, urls.tenant);
  const gitHubToken = reader.secret('github-token');
  const clientIdPrefix = readClientIdPrefix(reader, urls.tenant);
  const agents = await readAgents(reader, clientIdPrefix);
  const certificateIds = readCertificateIds(reader);
  if (agents.length + certificateIds.length === 0 && reader.text('names-file') === '') {
    reader.problem(
      'One of `name`, `names-file` and `client-id` is required: which agents to end. For certificates alone, set `certificate-id`.',
    );
  }
  const kinds = reader.words('destination', scopeKinds);
  const inputs = {
    agents,
    certificateIds,
    urls,
    clientIdPrefix,
    github: readGitHub(reader, gitHubToken, kinds, agents),
    deleteCertificate: reader.flag('delete-certificate'),
    deleteAsset: reader.flag('delete-asset'),
    concurrency: reader.wholeNumber('concurrency', { from: 1, to: 32 }),
    timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
    dryRun: reader.flag('dry-run'),
    summary: reader.flag('summary'),
  };
  return { ...inputs, ...reader.found({ credentials, proxies: readProxies(reader) }) };
}

/** The agents of all lists together. */
async function readAgents(reader: InputReader, prefix: string): Promise<readonly ListedAgent[]> {
  const agents = [
    ...readNames(reader, prefix),
    ...(await readNamesFile(reader, prefix)),
    ...readClientIds(reader, prefix),
  ];
  checkAgents(reader, agents, prefix);
  refuseWildcards(reader, agents);
  return agents;
}

/** Each id becomes a part of a URL's path. */
function readCertificateIds(reader: InputReader): readonly string[] {
  const ids = [...new Set(reader.list('certificate-id'))];
  for (const id of ids) {
    if (/^[A-Za-z0-9_-]+$/.test(id)) continue;
    reader.problem(
      `\`certificate-id\` ${reader.quote(id)} may hold letters, digits, "-" and "_" only.`,
    );
  }
  return ids;
}
