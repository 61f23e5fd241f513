import type { GitHubSettings } from '../destinations/github-settings.ts';
import { MOST_AGENTS, settingName } from '../destinations/setting-names.ts';
import type { Place } from '../github/place.ts';
import { Secret } from '../secret.ts';
import type { ListedAgent } from './agents.ts';
import { problemOfUrl } from './endpoints.ts';
import type { InputReader } from './reader.ts';

type NamedAgent = Pick<ListedAgent, 'name' | 'clientId'>;

/**
 * What `destination` asks for of GitHub; nothing when it asks for none of its places. The token was
 * read before the agents, so that it is known when their names are checked and repeated.
 */
export function readGitHub(
  reader: InputReader,
  token: string,
  kinds: readonly Place['kind'][],
  agents: readonly NamedAgent[],
): GitHubSettings | undefined {
  const repository = reader.text('repository') || (reader.environment['GITHUB_REPOSITORY'] ?? '');
  const environment = reader.text('environment');
  const secretPrefix = readPrefix(reader);
  const variables = reader.flag('variables');
  const apiUrl = reader.environment['GITHUB_API_URL'] || 'https://api.github.com';
  if (environment !== '' && !kinds.includes('environment')) {
    reader.problem('`environment` is set, but `destination` does not hold environment.');
  }
  if (kinds.length === 0) return undefined;
  checkToken(reader, token);
  checkEnvironment(reader, kinds, environment);
  checkNames(reader, agents);
  const problem = problemOfUrl(apiUrl);
  if (problem !== undefined) {
    reader.problem(`The runner's GITHUB_API_URL ${problem}: ${reader.quote(apiUrl)}.`);
  }
  const [owner = '', repo = ''] = repository.split('/');
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || isDots(owner) || isDots(repo)) {
    reader.problem(`\`repository\` must be OWNER/NAME, not ${reader.quote(repository)}.`);
  }
  const places = kinds.map(
    (kind): Place =>
      kind === 'repository' ? { kind, owner, repo } : { kind, owner, repo, environment },
  );
  return { token: new Secret(token), apiUrl, places, secretPrefix, variables };
}

function checkToken(reader: InputReader, token: string): void {
  if (token === '') {
    reader.problem(
      "`github-token` is required for the destinations repository and environment: the token of a GitHub App, or a fine-grained personal access token. The workflow's own GITHUB_TOKEN can't write secrets.",
    );
  } else if (/[^\x21-\x7e]/.test(token)) {
    reader.problem('`github-token` holds white space or other characters that no token has.');
  }
}

function checkEnvironment(
  reader: InputReader,
  kinds: readonly Place['kind'][],
  environment: string,
): void {
  if (kinds.includes('environment') && environment === '') {
    reader.problem('`environment` is required for the destination environment.');
  } else if (/\p{Cc}/u.test(environment) || isDots(environment)) {
    reader.problem('`environment` holds a control character, or nothing but dots.');
  }
}

/** Such a name would be taken for a step up or down in the path of a URL. */
function isDots(name: string): boolean {
  return /^\.{1,2}$/.test(name);
}

/** As GitHub's rule for names of secrets, which the rest of each name follows anyway. */
function readPrefix(reader: InputReader): string {
  const prefix = reader.text('secret-prefix');
  if (!/^(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*$/i.test(prefix)) {
    reader.problem(
      `\`secret-prefix\` must be letters, digits and "_", not begin with a digit or GITHUB_, and is ${reader.quote(prefix)}.`,
    );
  }
  return prefix;
}

function checkNames(reader: InputReader, agents: readonly NamedAgent[]): void {
  if (agents.length > MOST_AGENTS) {
    reader.problem(
      `A repository or environment has room for the secrets of ${MOST_AGENTS} agents (100 secrets), and the list holds ${agents.length}.`,
    );
  }
  const owners = new Map<string, NamedAgent>();
  for (const agent of agents) {
    const setting = settingName(agent.name);
    const other = owners.get(setting);
    if (other !== undefined && other.clientId !== agent.clientId) {
      reader.problem(
        `The agents ${reader.quote(other.name)} and ${reader.quote(agent.name)} would share the secrets of ${setting}. Rename one of them.`,
      );
    }
    owners.set(setting, agent);
  }
}
