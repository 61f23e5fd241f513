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
import { type InputReader, misleadingIn } from './reader.ts';
import { problemOfUrl } from './urls.ts';

/**
 * What `destination` asks for of GitHub; nothing when it names none of its scopes. The token has to
 * be read before the agents: their names are searched for it, and quoted.
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
    reader.problem('`environment` is set, but `destination` does not hold environment.');
  }
  if (kinds.length === 0) return undefined;
  if (token === '') {
    reader.problem(
      `\`github-token\` is required for the destinations ${scopeKinds.join(' and ')}: the token of a GitHub App, or a fine-grained personal access token. The workflow's own GITHUB_TOKEN can't write secrets.`,
    );
  } else if (/[^\x21-\x7e]/.test(token)) {
    reader.problem('`github-token` holds white space or other characters that no token has.');
  }
  if (environment === '' && kinds.includes('environment')) {
    reader.problem('`environment` is required for the destination environment.');
  } else if (/\p{Cc}/u.test(environment) || isDots(environment)) {
    reader.problem('`environment` holds a control character, or nothing but dots.');
  } else if (misleadingIn(environment) !== undefined) {
    reader.problem(
      `\`environment\` holds an invisible or bidirectional character (${misleadingIn(environment)}).`,
    );
  }
  checkRoom(reader, kinds, agents.length);
  checkShared(
    reader,
    agents,
    ({ name }) => settingName(name),
    (setting) => `would share the secrets of ${setting}. Rename one of them.`,
  );
  const apiUrl = readApiUrl(reader);
  const names = { ...readRepository(reader), environment };
  const scopes = kinds.map((kind) => SCOPES[kind].scopeOf(names));
  return { token: new Secret(token), apiUrl, scopes, secretPrefix, variables };
}

/** The secrets of all agents have to fit into each scope. */
function checkRoom(reader: InputReader, kinds: readonly ScopeKind[], count: number): void {
  const room = Math.min(...kinds.map((kind) => SCOPES[kind].room));
  const most = Math.floor(room / SECRETS_PER_AGENT);
  if (count <= most) return;
  const alike = scopeKinds.filter((kind) => SCOPES[kind].room === room).join(' or ');
  const article = /^[aeio]/.test(alike) ? 'An' : 'A';
  reader.problem(
    `${article} ${alike} has room for the secrets of ${most} agents (${room} secrets), and the list holds ${count}.`,
  );
}

/** The runner names the API of its own GitHub, which may be an Enterprise Server. */
function readApiUrl(reader: InputReader): string {
  const apiUrl = reader.source.environment['GITHUB_API_URL'] || 'https://api.github.com';
  const problem = problemOfUrl(apiUrl);
  if (problem) reader.problem(`The runner's GITHUB_API_URL ${problem}: ${reader.quote(apiUrl)}.`);
  return apiUrl;
}

/** `repository`, or the job's own. */
function readRepository(reader: InputReader) {
  const repository =
    reader.text('repository') || (reader.source.environment['GITHUB_REPOSITORY'] ?? '');
  const [owner = '', repo = ''] = repository.split('/');
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || isDots(owner) || isDots(repo)) {
    reader.mustBe('repository', 'OWNER/NAME', repository);
  }
  return { owner, repo };
}

/** Such a name would be taken for a step up or down in the path of a URL. */
function isDots(name: string): boolean {
  return /^\.{1,2}$/.test(name);
}

/** GitHub's rule for names of secrets; the rest of each name follows it anyway. */
function readPrefix(reader: InputReader): string {
  const prefix = reader.text('secret-prefix');
  if (!/^(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*$/i.test(prefix)) {
    reader.problem(
      `\`secret-prefix\` must be letters, digits and "_", not begin with a digit or GITHUB_, and is ${reader.quote(prefix)}.`,
    );
  }
  return prefix;
}
