import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Broker } from './broker/broker.ts';
import { GitHub } from './github/github.ts';
import { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';

/** Nobody wants to watch a fault for as long as a job would wait, in seconds. */
const PATIENCE = '20';

/** A name that has to be encoded in URLs. */
const ENVIRONMENT = 'production/eu';

export async function startHub({ form, faults }: DemoOptions): Promise<InsightsHub> {
  const hub = await InsightsHub.start({ form });
  hub.faults.push(...faults);
  return hub;
}

/** An embedded broker, and the inputs that lead to it; its CA is in a file of the directory. */
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

/** An embedded GitHub, where the run has to do with it. */
export async function startGitHub(options: DemoOptions): Promise<GitHub | undefined> {
  if (options.destinations.every((place) => place === 'workspace')) return undefined;
  const github = await GitHub.start();
  github.addEnvironment(ENVIRONMENT);
  github.faults.push(...options.faults);
  return github;
}

/** What leads a step to the embedded services. */
export interface Access {
  readonly inputs: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Credentials and URLs for a step, and the token that changes secrets. */
export function accessTo(
  hub: InsightsHub,
  github: GitHub | undefined,
  options: DemoOptions,
): Access {
  const credentials = credentialsFor(hub, options);
  const isFaulty = options.faults.length + options.brokerFaults.length > 0;
  const inputs = {
    tenant: hub.tenant,
    ...credentials.inputs,
    ...hub.urls,
    ...(isFaulty && { timeout: PATIENCE }),
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
