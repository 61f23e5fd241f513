import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type GitHubEndpoint,
  gitHubEndpoints,
  type HubEndpoint,
  hubEndpoints,
  type OrderedFault,
} from '../../sandbox/faults.ts';
import type { GitHub } from '../../sandbox/github/github.ts';
import type { StepOptions, StepResult } from '../../sandbox/runner/runner.ts';
import { failingDisk, preload, type Sandbox, waitFor } from '../action/sandbox.ts';
import { type FaultName, faultOf, type Unreachable, type Way } from './faults.ts';
import type { Endpoint, Times } from './row.ts';
import { type Scenario, scenarios } from './scenarios.ts';

export const OUTPUT_DIRECTORY = '.insights-hub';
export const PRIVATE_KEY = 'INSIGHTS_HUB_AGENT_PRIVATE_KEY';
const CERTIFICATE = 'INSIGHTS_HUB_AGENT_CERTIFICATE';

/** Servers that the action must not send requests to. */
export interface Others {
  /** origins, by what is wrong with their TLS certificates */
  readonly tls: Readonly<Record<'untrusted' | 'expired' | 'early' | 'other-host', string>>;
  /** path of a PEM file with the CA of all of them but the first */
  readonly authority: string;
  /** proxies that refuse, by the status that they answer with */
  readonly proxies: Readonly<Record<'403' | '407', string>>;
  /** origin of one that redirects lead to */
  readonly elsewhere: string;
}

/** One row of the matrix, for one of its faults. */
export interface Trial {
  readonly endpoint: Endpoint;
  readonly fault: FaultName;
  readonly times: Times;
}

/** A step after its run, and its servers. */
export interface Played {
  readonly result: StepResult;
  readonly sandbox: Sandbox;
  readonly github: GitHub | undefined;
}

/**
 * Makes the waits between tries short in the action's process, also the minute that GitHub asks for,
 * and the pauses of a quota. The date goes on as if they had been waited for.
 */
const SHORT_WAITS = `import timers from 'node:timers/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const { now } = Date;
  const { setTimeout: wait } = timers;
  let skipped = 0;
  Date.now = () => Math.round(now() + skipped);
  timers.setTimeout = async (delay, ...rest) => {
    const short = delay < 10000 ? Math.min(delay / 10, 500) : 50;
    await wait(short, ...rest);
    skipped += delay - short;
  };
  syncBuiltinESMExports();`;

/** Lets all time but the date go three times as fast there: `timeout`, and the 30 s of an attempt. */
const FAST_TIME = `import timers from 'node:timers/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const { setTimeout: later } = globalThis;
  const { setTimeout: wait } = timers;
  const now = performance.now.bind(performance);
  globalThis.setTimeout = (call, delay, ...rest) => later(call, delay / 3, ...rest);
  timers.setTimeout = (delay, ...rest) => wait(delay / 3, ...rest);
  performance.now = () => now() * 3;
  syncBuiltinESMExports();`;

/** Runs the bundled action through a fault. */
export async function play(trial: Trial, sandbox: Sandbox, others: Others): Promise<Played> {
  const scenario = scenarios[trial.endpoint];
  const github = scenario.secrets && (await sandbox.startGitHub());
  if (scenario.action === 'delete') await addAgent(sandbox, github);
  const { way, timeout } = faultOf(trial.fault);
  const address = addressOf(way, scenario, others);
  const removed = Promise.withResolvers<void>();
  for (const order of ordersOf(trial, way, scenario, { ...others, removed: removed.promise })) {
    if (isOfHub(order.at)) sandbox.hub.faults.push(order);
    else github?.faults.push(order);
  }
  const time = timeout === undefined ? SHORT_WAITS : FAST_TIME;
  const { env } = preload(time, ...(way.by === 'disk' ? [failingDisk(way.code)] : []));
  const seconds = trial.times === 'always' ? (timeout ?? scenario.timeout) : undefined;
  const inputs = {
    ...(scenario.action === 'create' && (await oneAuthority(sandbox))),
    ...scenario.inputs?.(sandbox),
    ...(github && { destination: 'repository', 'github-token': github.issueToken() }),
    ...(seconds !== undefined && { timeout: String(seconds) }),
    ...address.inputs,
  };
  const noTemporary = way.by === 'temporary-directory' && { RUNNER_TEMP: '/nowhere/at/all' };
  const options: Partial<StepOptions> = {
    debug: true,
    env: { ...env, ...address.env, ...noTemporary },
    ...(scenario.action === 'delete' && { action: 'delete' }),
  };
  const running = sandbox.main(inputs, options);
  if (way.by === 'removal') await removeOutputDirectory(sandbox).then(removed.resolve);
  return { result: await running, sandbox, github };
}

/** Names a CA for the connection file: reading all CAs that the system trusts takes a while. */
async function oneAuthority({ hub, runner }: Sandbox) {
  const file = path.join(runner.temporary, 'root-ca.pem');
  await writeFile(file, hub.authority.certificate);
  return { 'broker-ca-file': file };
}

/** An agent that has been connected, and its secrets, as an earlier step left them. */
async function addAgent({ hub }: Sandbox, github: GitHub | undefined): Promise<void> {
  const { pair, clientId } = await hub.addAgent('device001');
  hub.connect(clientId);
  github?.vault.secrets.set(PRIVATE_KEY, pair.privateKey);
  github?.vault.secrets.set(CERTIFICATE, pair.certificate);
}

/** What the servers are to play. */
function ordersOf(
  { times }: Trial,
  way: Way,
  { at, given = [], goneAfter }: Scenario,
  { elsewhere, removed }: Others & { readonly removed: Promise<void> },
): readonly OrderedFault[] {
  switch (way.by) {
    case 'server': {
      const order = { at, fault: way.fault(elsewhere) };
      return [...given, times === 'once' ? { ...order, times: 1 } : order];
    }
    case 'address':
      return goneAfter ? [goneAfter] : given;
    case 'removal':
      return [...given, { at: 'create', fault: { kind: 'hold', until: removed } }];
    case 'disk':
    case 'temporary-directory':
      return given;
  }
}

/** The URL that leads to a host that can't be reached. */
function addressOf(
  way: Way,
  { address, goneAfter }: Scenario,
  others: Others,
): Pick<StepOptions, 'inputs' | 'env'> {
  if (way.by !== 'address' || goneAfter !== undefined) return { inputs: {} };
  const { origin, env = {} } = whereTo(way.host, others);
  switch (address) {
    case 'token-url':
      return { inputs: { [address]: `${origin}/{tenant}/oauth/token` }, env };
    case 'api-url':
      return { inputs: { [address]: `${origin}/api/{api}/v3` }, env };
    case 'GITHUB_API_URL':
      return { inputs: {}, env: { ...env, [address]: `${origin}/api/v3` } };
    default:
      throw new Error('nothing leads to another host here');
  }
}

function whereTo(
  host: Unreachable,
  { tls, authority, proxies }: Others,
): { readonly origin: string; readonly env?: Readonly<Record<string, string>> } {
  const behind = 'https://behind-a-proxy.invalid';
  switch (host) {
    case 'unknown':
      return { origin: 'https://no-such-host.invalid' };
    case 'refusing':
      return { origin: 'http://127.0.0.1:9' };
    case 'behind-403':
      return { origin: behind, env: { HTTPS_PROXY: proxies[403] } };
    case 'behind-407':
      return { origin: behind, env: { HTTPS_PROXY: proxies[407] } };
    default:
      return { origin: tls[host], env: { NODE_EXTRA_CA_CERTS: authority } };
  }
}

async function removeOutputDirectory({ hub, runner }: Sandbox): Promise<void> {
  await waitFor(() => hub.seen('create').length > 0);
  await rm(path.join(runner.workspace, OUTPUT_DIRECTORY), { recursive: true });
}

function isOfHub(endpoint: HubEndpoint | GitHubEndpoint): endpoint is HubEndpoint {
  return hubEndpoints.some((known) => known === endpoint);
}

/** How many requests an endpoint got, and how many attempts to reach it did not get through. */
export function requestsOf({ result, sandbox, github }: Played, endpoint: Endpoint) {
  const { at } = scenarios[endpoint];
  const arrived = isOfHub(at)
    ? sandbox.hub.seen(at).length
    : (github?.seen(gitHubEndpoints.find((known) => known === at) ?? 'secret').length ?? 0);
  const kept = result.commands.filter(
    ({ name, message }) =>
      name === 'debug' &&
      /^[A-Z]+ http\S+: .*(could not be resolved|refused the connection|TLS certificate|HTTPS_PROXY answered)/.test(
        message,
      ) &&
      // Certificates have a path of their own, and are asked for before agents.
      /\/agentCertificates\b/.test(message) === /(create|certificates?)$/.test(at),
  );
  return { arrived, kept: kept.length };
}
