// Runs the bundled actions against the embedded services, for the examples in the pages.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Broker } from '../sandbox/broker/broker.ts';
import { InsightsHub } from '../sandbox/insights-hub/insights-hub.ts';
import { filesIn, type ShownFile } from '../sandbox/report.ts';
import { Runner, type StepResult } from '../sandbox/runner/runner.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

/** What one step left behind, with the same values in every run. */
export interface ExampleRun {
  readonly log: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly files: readonly ShownFile[];
  /** Markdown */
  readonly summary: string;
}

export interface ExampleRuns {
  /** one agent, with its connection verified */
  readonly one: ExampleRun;
  /** an agent that the credentials may not create */
  readonly failed: ExampleRun;
  /** the first agent, deleted */
  readonly deleted: ExampleRun;
}

interface Services {
  readonly hub: InsightsHub;
  readonly broker: Broker;
}

/** Needs what `npm run build` leaves in `dist/`. Throws for a value that doesn't look as expected. */
export async function runExamples(): Promise<ExampleRuns> {
  const hub = await InsightsHub.start();
  const broker = await Broker.start({ hub });
  try {
    const inputs = {
      tenant: hub.tenant,
      'oauth-client-id': hub.technicalUser.id,
      'oauth-client-secret': hub.technicalUser.secret,
      ...hub.urls,
    };
    const verified = { 'verify-connection': 'true', 'broker-url': broker.url };
    const run = (given: Readonly<Record<string, string>>, action?: string) =>
      runStep({ ...inputs, ...given }, { hub, broker, action });
    const one = await run({ name: 'device001', ...verified });
    const deleted = await run({ name: 'device001' }, 'delete');
    hub.forbidden.add('create');
    const failed = await run({ name: 'device001' });
    return { one, failed, deleted };
  } finally {
    await broker.stop();
    await hub.stop();
  }
}

/** Runs one step in a job of its own, whose runner trusts the broker's CA. */
async function runStep(
  inputs: Readonly<Record<string, string>>,
  { hub, broker, action }: Services & { readonly action: string | undefined },
): Promise<ExampleRun> {
  const runner = await Runner.start(ROOT);
  try {
    const authority = path.join(runner.temporary, 'root-ca.pem');
    await writeFile(authority, broker.ca);
    const result = await runner.main({
      inputs,
      env: { ...ACTION, NODE_EXTRA_CA_CERTS: authority },
      ...(action !== undefined && { action }),
    });
    const files = await filesIn(runner.workspace);
    const steady = steadyValues(result, runner, { hub, broker });
    return {
      log: result.log.map(steady),
      outputs: mapValues(result.outputs, steady),
      files,
      summary: steady(result.summary),
    };
  } finally {
    await runner.stop();
  }
}

/** How a workflow names the action; links into its pages are made of that. */
const ACTION = { GITHUB_ACTION_REPOSITORY: 'OWNER/REPO', GITHUB_ACTION_REF: 'v1' };

const WORKSPACE = '/home/runner/work/device/device';
const BROKER = { host: 'mindconnectmqtt.eu1.mindsphere.io', port: '8883' };
const GATEWAY = 'https://gateway.eu1.mindsphere.io';

/** What takes the place of the values that differ from run to run: of exactly these, wherever they are. */
function steadyValues(
  { outputs }: StepResult,
  runner: Runner,
  { hub, broker }: Services,
): (text: string) => string {
  const [agent = {}]: readonly Readonly<Record<string, string>>[] = JSON.parse(
    outputs['agents'] ?? '[]',
  );
  const { port } = new URL(broker.url);
  const swaps = [
    ...swap(agent['agentId'], /^[0-9a-z]{32}$/, '9eyf37799b5949099a5287a547f8e001'),
    ...swap(agent['certificateId'], /^[0-9A-Z]{26}$/, '01G16QJSRNKA3JD4DQE2Z7KPEK'),
    ...swap(agent['fingerprint'], /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/, 'AB:CD:EF:…'),
    [runner.workspace, WORKSPACE],
    [new URL(hub.urls['api-url']).origin, GATEWAY],
    [broker.url, `mqtts://${BROKER.host}:${BROKER.port}`],
    [`-h localhost -p ${port} `, `-h ${BROKER.host} -p ${BROKER.port} `],
  ] as const;
  return (text) =>
    swaps
      .reduce((steady, [value, replacement]) => steady.replaceAll(value, replacement), text)
      .replace(/(?<=[,:] )\d+\.\d s$/, '0.5 s')
      .replace(/(?<=\breference )[0-9a-f]{32}\b/, '7d1c4e0fa3b25968')
      .replace(/"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, TIMESTAMP);
}

const TIMESTAMP = '"timestamp":"2026-01-31T12:00:00.000Z"';

/** Nothing for a value that isn't there. */
function swap(
  value: string | undefined,
  form: RegExp,
  replacement: string,
): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  if (!form.test(value)) throw new Error(`${value} does not look like ${form}`);
  return [[value, replacement]];
}

function mapValues(
  values: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
