import { createHmac } from 'node:crypto';
import type { GitHubSettings, SecretScope } from '../github/scopes.ts';
import { apiUrlOf, fillTemplate, type HubUrls } from '../insights-hub/urls.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';
import { Secret } from '../secret.ts';

/** The name of the state, with which the post step finds everything that was created. */
export const JOURNAL_STATE = 'journal';

/** What the post step learns from the state. */
export interface JournalState {
  /** of the journal */
  readonly path: string;
  /** seals the lines of the journal */
  readonly key: Secret;
  /** how many lines the journal has; nothing if the step was killed before its end */
  readonly lines?: number;
  /** whether the destinations were ready for new files of all agents, and had none of them */
  readonly rehearsed: boolean;
  /** whether a key stays that may exist nowhere else */
  readonly keepsKey: boolean;
  readonly digests: Digests;
}

/**
 * Where things are created, as digests: the inputs are evaluated again for the post step, and may
 * then lead to another place. Without the key, nobody can guess what the digests stand for.
 */
export interface Digests {
  /** of agents and certificates */
  readonly hub: string;
  /** of secrets and variables, one for each scope */
  readonly scopes: readonly string[];
  /** of files */
  readonly files: string;
}

/** Where things are created. */
export interface Places {
  readonly urls: HubUrls;
  readonly github: GitHubSettings | undefined;
  readonly files: FilePlaces;
}

/** Where files are created, for which client ids, and whether they stay. */
export interface FilePlaces {
  readonly outputDirectory: string;
  readonly clientIds: readonly string[];
  readonly toWorkspace: boolean;
  readonly keepFiles: boolean;
  readonly ifExists: 'fail' | 'skip';
}

export function digestsOf({ urls, github, files }: Places, key: Secret): Digests {
  return {
    hub: digestOfHub(urls, key),
    scopes: github?.scopes.map((scope) => digestOfScope(scope, github, key)) ?? [],
    files: digestOfFiles(files, key),
  };
}

/** Digest of the tenant, and of the addresses from region and URLs. */
export function digestOfHub(urls: HubUrls, key: Secret): string {
  const { tenant, region, tokenUrl } = urls;
  const apis = ['mindconnectmqtt', 'agentmanagement', 'assetmanagement'] as const;
  const addresses = apis.map((api) => apiUrlOf(urls, api, '').href);
  return digest('hub', [tenant, ...addresses, fillTemplate(tokenUrl, { tenant, region })], key);
}

/** Digest of repository, environment and the URL of GitHub's API. */
export function digestOfScope(
  { title }: SecretScope,
  { apiUrl }: Pick<GitHubSettings, 'apiUrl'>,
  key: Secret,
): string {
  return digest('scope', [apiUrl, title], key);
}

export function digestOfFiles(files: FilePlaces, key: Secret): string {
  const { outputDirectory, clientIds, toWorkspace, keepFiles, ifExists } = files;
  const parts = [outputDirectory, `${toWorkspace}`, `${keepFiles}`, ifExists, ...clientIds];
  return digest('files', parts, key);
}

function digest(what: string, parts: readonly string[], key: Secret): string {
  const text = JSON.stringify([what, ...parts]);
  return createHmac('sha256', key.reveal()).update(text).digest('base64url');
}

/** The state as text: apart from the mask, the only place where the key leaves the step. */
export function stateText({ key, ...state }: JournalState): string {
  return JSON.stringify({ ...state, key: key.reveal() });
}

/** Reads the state; nothing if it is not a state of this version. */
export function readState(text: string): JournalState | undefined {
  const { path, key, lines, rehearsed, keepsKey, digests } = parseJsonObject(text) ?? {};
  const [file, secret] = [asText(path), asText(key)];
  const { hub, scopes, files } = asObject(digests) ?? {};
  const [ofHub, ofFiles] = [asText(hub), asText(files)];
  if (file === undefined || secret === undefined) return undefined;
  if (ofHub === undefined || ofFiles === undefined || !Array.isArray(scopes)) return undefined;
  return {
    path: file,
    key: new Secret(secret),
    ...(typeof lines === 'number' && { lines }),
    rehearsed: rehearsed === true,
    keepsKey: keepsKey === true,
    digests: { hub: ofHub, files: ofFiles, scopes: scopes.flatMap((scope) => asText(scope) ?? []) },
  };
}
