import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Broker } from './broker/broker.ts';
import { GitHub } from './github/github.ts';
import { InsightsHub } from './insights-hub/insights-hub.ts';
import { leastTime, PUBLISHED } from './insights-hub/quotas.ts';
import type { DemoOptions } from './options.ts';

/** The step's timeout when there are faults, in seconds: nobody wants to watch for longer. */
export const TIMEOUT_WITH_FAULTS = '20';

/** Where the actions come from. */
const REPOSITORY = 'OWNER/REPO';
const REF = 'v1';

/** How a workflow names an action in a folder of the repository. */
export const usesOf = (folder = '') => `${REPOSITORY}${folder}@${REF}`;

/** What the runner says about that in the environment: job summaries link to the documentation. */
export const SOURCE = { GITHUB_ACTION_REPOSITORY: REPOSITORY, GITHUB_ACTION_REF: REF } as const;

/** A name that needs encoding in URLs. */
const ENVIRONMENT = 'production/eu';

export async function startHub({ form, quota, faults }: DemoOptions): Promise<InsightsHub> {
  const hub = await InsightsHub.start({ form, quota });
  hub.faults.push(...faults);
  return hub;
}

export function hasFaults({ faults, brokerFaults }: DemoOptions): boolean {
  return faults.length + brokerFaults.length > 0;
}

/** The least time that the quotas make a run with all its agents take, in seconds. */
export function quotaTime({ command, quota, names, clientIds, ephemeral }: DemoOptions): number {
  const { create, ...others } = PUBLISHED[quota];
  const agents = names.length + clientIds.length;
  const creating = command === 'create' ? leastTime(agents, create) : 0;
  const isDeleting = command === 'delete' || ephemeral;
  const deleting = Object.values(others).map((windows) => leastTime(agents, windows));
  return Math.max(creating, ...(isDeleting ? deleting : []));
}

/** After how many milliseconds a step is killed; waiting for the quotas never takes that long. */
export function stepTimeout(options: DemoOptions): number {
  return 60_000 + 2000 * quotaTime(options);
}

/** Starts a broker, writes its CA to the directory, and returns the inputs for it. */
export async function startBroker(
  hub: InsightsHub,
  directory: string,
  { brokerFaults }: DemoOptions,
) {
  const broker = await Broker.start({ hub, faults: brokerFaults });
  const file = path.join(directory, 'root-ca.pem');
  await writeFile(file, broker.ca);
  return { broker, inputs: { 'broker-url': broker.url, 'broker-ca-file': file } };
}

/** Starts an embedded GitHub, if the run needs one. */
export async function startGitHub(options: DemoOptions): Promise<GitHub | undefined> {
  if (options.destinations.every((place) => place === 'workspace')) return undefined;
  const github = await GitHub.start();
  github.addEnvironment(ENVIRONMENT);
  github.faults.push(...options.faults);
  return github;
}

/** What a step needs to use the embedded services. */
export interface Access {
  readonly inputs: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The credentials and URLs for a step, and a GitHub token if it writes secrets. */
export function accessTo(
  hub: InsightsHub,
  github: GitHub | undefined,
  options: DemoOptions,
): Access {
  const credentials = credentialsFor(hub, options);
  const inputs = {
    tenant: hub.tenant,
    ...credentials.inputs,
    ...hub.urls,
    ...(hasFaults(options) && { timeout: TIMEOUT_WITH_FAULTS }),
  };
  if (github === undefined) return { inputs, secrets: [credentials.secret], env: {} };
  const token = github.issueToken();
  const places = {
    destination: options.destinations.join('\n'),
    'github-token': token,
    ...(options.variables && { variables: 'true' }),
    ...(options.destinations.includes('environment') && { environment: ENVIRONMENT }),
  };
  return {
    inputs: { ...inputs, ...places },
    secrets: [credentials.secret, token],
    env: { GITHUB_API_URL: github.apiUrl },
  };
}

function credentialsFor(hub: InsightsHub, { way }: DemoOptions) {
  if (way === 'token') {
    const token = hub.issueToken();
    return { inputs: { token }, secret: token };
  }
  const { id, secret, ...application } =
    way === 'application' ? hub.application : { ...hub.technicalUser };
  const inputs = { 'oauth-client-id': id, 'oauth-client-secret': secret };
  if (!('appName' in application)) return { inputs, secret };
  const { appName, appVersion } = application;
  return { inputs: { ...inputs, 'app-name': appName, 'app-version': appVersion }, secret };
}
