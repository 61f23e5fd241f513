import path from 'node:path';
import { isInside } from '../destinations/directory.ts';
import type { GitHubSettings } from '../destinations/github-secrets.ts';
import { Failure } from '../failure.ts';
import { type ProxySettings, proxySettings } from '../http/proxy.ts';
import { readAgents } from '../inputs/agents.ts';
import { readCredentials } from '../inputs/credentials.ts';
import { DEFAULTS } from '../inputs/defaults.ts';
import { readEndpoints } from '../inputs/endpoints.ts';
import { readGitHub } from '../inputs/github.ts';
import { InputReader, type InputSource } from '../inputs/reader.ts';
import type { AgentRequest } from '../insights-hub/agent-certificates.ts';
import type { EndpointSettings } from '../insights-hub/endpoints.ts';
import type { Credentials } from '../insights-hub/tokens.ts';
import { Secret } from '../secret.ts';

/** OpenSSL reads no more of a passphrase: a key under a longer one could not be opened again. */
const LONGEST_PASSPHRASE = 1023;

/** The inputs of the create action, checked. */
export interface Inputs {
  /** at least one */
  readonly agents: readonly AgentRequest[];
  readonly endpoints: EndpointSettings;
  readonly credentials: Credentials;
  /** whether files go into the workspace */
  readonly toWorkspace: boolean;
  /** secrets to write, if any */
  readonly github: GitHubSettings | undefined;
  /** absolute */
  readonly outputDirectory: string;
  readonly keepFiles: boolean;
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
export function readInputs(source: InputSource): Inputs {
  const reader = new InputReader(source);
  const endpoints = readEndpoints(reader);
  const credentials = readCredentials(reader, endpoints.tenant);
  const passphrase = readPassphrase(reader);
  const agents = readAgents(reader, { tenant: endpoints.tenant, passphrase });
  const kinds = readDestinations(reader);
  const inputs = {
    agents,
    endpoints,
    toWorkspace: kinds.includes('workspace'),
    github: readGitHub(
      reader,
      kinds.filter((kind) => kind !== 'workspace'),
      agents,
    ),
    outputDirectory: readOutputDirectory(reader),
    keepFiles: reader.flag('keep-files'),
    timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
    dryRun: reader.flag('dry-run'),
    summary: reader.flag('summary'),
  };
  const proxies = readProxies(reader);
  reader.throwProblems();
  if (credentials === undefined || proxies === undefined) {
    throw new Error('a missing input is a problem');
  }
  return { ...inputs, credentials, proxies };
}

/** What is unusual about valid inputs. */
export function warningsOf({ endpoints: { region } }: Inputs): readonly string[] {
  if (region === DEFAULTS['region']) return [];
  return [
    `Agent certificates are documented for region ${DEFAULTS['region']} only; region ${region} may not offer them.`,
  ];
}

const destinations = ['workspace', 'repository', 'environment'] as const;
type DestinationKind = (typeof destinations)[number];

/** A list, one per line or separated by commas; each place counts once. */
function readDestinations(reader: InputReader): readonly DestinationKind[] {
  const given = reader
    .list('destination')
    .flatMap((line) => line.split(','))
    .map((place) => place.trim())
    .filter(Boolean);
  const unknown = given.filter((place) => !destinations.some((known) => known === place));
  if (given.length === 0 || unknown.length > 0) {
    reader.problem(
      `\`destination\` takes ${destinations.join(', ')}, not ${reader.quote(unknown.join(', '))}.`,
    );
  }
  return destinations.filter((known) => given.includes(known));
}

function readOutputDirectory(reader: InputReader): string {
  const value = reader.text('output-directory');
  const directory = path.resolve(reader.workspace, value);
  if (/\p{Cc}/u.test(value)) {
    reader.problem('`output-directory` holds a line break or another control character.');
  } else if (
    !path.isAbsolute(value) &&
    !isInside({ directory, workspace: path.resolve(reader.workspace) })
  ) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} leads out of the workspace; a place outside needs an absolute path.`,
    );
  }
  return directory;
}

function readProxies(reader: InputReader): ProxySettings | undefined {
  try {
    return proxySettings(reader.environment);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reader.problem(error.message);
    return undefined;
  }
}

function readPassphrase(reader: InputReader): Secret | undefined {
  const passphrase = reader.secret('key-passphrase', { trim: false });
  if (Buffer.byteLength(passphrase) > LONGEST_PASSPHRASE) {
    reader.problem(`\`key-passphrase\` is longer than ${LONGEST_PASSPHRASE} bytes.`);
  }
  return passphrase === '' ? undefined : new Secret(passphrase);
}
