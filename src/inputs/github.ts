import {
  type GitHubSettings,
  SCOPES,
  type ScopeKind,
  SECRETS_PER_AGENT,
  scopeKinds,
  settingName,
} from '../github/scopes.ts';
import { Secret } from '../secret.ts';
import { checkShared, type ListedAgent } from './agents.ts';
import { controlIn, misleadingIn } from './characters.ts';
import type { InputReader } from './reader.ts';
import { problemOfUrl } from './urls.ts';

/**
 * The settings for the GitHub scopes in `destination`; nothing if it names none. Read the token before
 * the agents: messages quote their names, which may contain it.
 */
export function readGitHub(
  reader: InputReader,
  token: string,
  kinds: readonly ScopeKind[],
  agents: readonly ListedAgent[],
): GitHubSettings | undefined {
  const environment = reader.text('environment');
  const secretPrefix = readPrefix(reader);
  const variables = reader.flag('variables');
  if (environment !== '' && !kinds.includes('environment')) {
    reader.problem('`environment` is set, but `destination` does not include `environment`.');
  }
  if (kinds.length === 0) return undefined;
  if (token === '') {
    reader.problem(
      `\`github-token\` is required for the destinations ${scopeKinds.join(' and ')}. Use a GitHub App's token or a fine-grained personal access token: the workflow's own GITHUB_TOKEN can't write secrets.`,
    );
  } else if (/[^\x21-\x7e]/.test(token)) {
    reader.problem(
      '`github-token` contains white space or other characters that a token never has.',
    );
  }
  if (environment === '' && kinds.includes('environment')) {
    reader.problem('`environment` is required for the destination environment.');
  } else {
    checkEnvironment(reader, environment);
  }
  checkRoom(reader, kinds, agents.length);
  checkShared(
    reader,
    agents,
    ({ name }) => settingName(name),
    (setting) => `would use the same secret names, with ${setting}. Rename one of them.`,
  );
  const apiUrl = readApiUrl(reader);
  const names = { ...readRepository(reader), environment };
  const scopes = kinds.map((kind) => SCOPES[kind].scopeOf(names));
  return { token: new Secret(token), apiUrl, scopes, secretPrefix, variables };
}

/** Reports a name that can't be in the path of a URL, or that the log would show differently. */
function checkEnvironment(reader: InputReader, environment: string): void {
  const invalid = controlIn(environment) ?? misleadingIn(environment);
  if (invalid !== undefined) reader.problem(`\`environment\` contains ${invalid}. Delete it.`);
  if (isDots(environment)) reader.problem('`environment` must not be "." or "..".');
}

/** Reports a list whose secrets don't fit into each scope. */
function checkRoom(reader: InputReader, kinds: readonly ScopeKind[], count: number): void {
  const room = Math.min(...kinds.map((kind) => SCOPES[kind].room));
  const most = Math.floor(room / SECRETS_PER_AGENT);
  if (count <= most) return;
  const alike = scopeKinds.filter((kind) => SCOPES[kind].room === room).join(' or ');
  const article = /^[aeio]/.test(alike) ? 'An' : 'A';
  reader.problem(
    `${article} ${alike} can store the secrets of ${most} agents (${room} secrets), but the list has ${count} agents.`,
  );
}

/** The API of the runner's own GitHub, which may be an Enterprise Server. */
function readApiUrl(reader: InputReader): string {
  const apiUrl = reader.source.environment['GITHUB_API_URL'] || 'https://api.github.com';
  const problem = problemOfUrl(apiUrl);
  if (problem) reader.problem(`The runner's GITHUB_API_URL ${problem}: ${reader.quote(apiUrl)}.`);
  return apiUrl;
}

/** `repository`, or the repository of the job. */
function readRepository(reader: InputReader) {
  const repository =
    reader.text('repository') || (reader.source.environment['GITHUB_REPOSITORY'] ?? '');
  const [owner = '', repo = ''] = repository.split('/');
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || isDots(owner) || isDots(repo)) {
    reader.mustBe('repository', 'OWNER/NAME', repository);
  }
  return { owner, repo };
}

/** Whether a name would change the directory in the path of a URL. */
function isDots(name: string): boolean {
  return /^\.{1,2}$/.test(name);
}

/** Applies GitHub's rule for the names of secrets; the rest of each name always follows it. */
function readPrefix(reader: InputReader): string {
  const prefix = reader.text('secret-prefix');
  if (!/^(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*$/i.test(prefix)) {
    reader.problem(
      `\`secret-prefix\` ${reader.quote(prefix)} is not allowed. Use letters, digits and "_" only, and don't begin with a digit or GITHUB_.`,
    );
  }
  return prefix;
}
