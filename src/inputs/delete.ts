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
import { characterIn } from './characters.ts';
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
  /** may be empty if there are certificate ids */
  readonly agents: readonly ListedAgent[];
  /** certificates to delete in addition to the agents'; each once, in the order of the list */
  readonly certificateIds: readonly string[];
  /** whether the agents' certificates are deleted */
  readonly deleteCertificate: boolean;
  readonly deleteAsset: boolean;
}

/** Reads and checks all inputs of the delete action. Throws as `readInputs` does. */
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
      '`name`, `names-file` or `client-id` is required: the agents to delete. To delete only certificates, set `certificate-id`.',
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
  };
  reader.flag('summary'); // Only checked: the entries read it, even if other inputs are wrong.
  return { ...inputs, ...reader.found({ credentials, proxies: readProxies(reader) }) };
}

/** The agents of all lists. */
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

/** The ids become parts of URL paths. */
function readCertificateIds(reader: InputReader): readonly string[] {
  const ids = [...new Set(reader.list('certificate-id'))];
  for (const id of ids) {
    const invalid = characterIn(id, /[^A-Za-z0-9_-]/u);
    if (invalid === undefined) continue;
    reader.problem(
      `\`certificate-id\` ${reader.quote(id)} contains ${reader.character(id, invalid)}. Only letters, digits, "-" and "_" are allowed.`,
    );
  }
  return ids;
}
