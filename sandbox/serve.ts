import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mqttxConnection } from '../src/mqtt/broker.ts';
import { showArrivals } from './arrivals.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { createLines, publishLines, tokenLines } from './paste.ts';
import { standardScreen } from './screen.ts';
import { accessTo, startBroker, startGitHub, startHub } from './services.ts';
import { inputLines } from './show.ts';

/** An agent that exists from the start, so that clients can connect. */
const AGENT = 'by-hand';

type Values = Readonly<Record<string, string>>;

/** What `serve` prints about the services. */
interface Served {
  readonly inputs: Values;
  /** environment variables that a step needs besides its inputs */
  readonly env: Values;
  readonly clientId: string;
  readonly directory: string;
  /** the connection file of that client */
  readonly mqttx: string;
  readonly commands: Readonly<Record<'token' | 'create' | 'publish', readonly string[]>>;
}

/** Runs the embedded services until a signal arrives; prints how to use them, then every request. */
export async function serve(options: DemoOptions): Promise<void> {
  const hub = await startHub(options);
  const github = await startGitHub(options);
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-serve-'));
  const { broker, inputs: connection } = await startBroker(hub, directory, options);
  const { inputs: access, env } = accessTo(hub, github, options);
  const inputs = { ...access, ...connection };
  const url = new URL(broker.url);
  const clientId = await equip(hub, directory, url);
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  const commands = {
    token: tokenLines(inputs),
    create: createLines(inputs, options),
    publish: publishLines(clientId, hub.tenant, directory, url),
  };
  const mqttx = path.join(directory, `${clientId}.mqttx.json`);
  const served = { inputs, env, clientId, directory, mqttx, commands };
  if (options.json) print(served);
  else show(served, options);
  if (!options.json) showArrivals(standardScreen(), { hub, github, broker });
  if (options.addressFile !== '') await writeAddresses(options.addressFile, inputs);
  await ended;
  await broker.stop();
  await hub.stop();
  await github?.stop();
  await rm(directory, { recursive: true });
}

function print({ commands, ...served }: Served): void {
  const shell = Object.entries(commands).map(([name, lines]) => [name, lines.join('\n')]);
  const document = { ...served, commands: Object.fromEntries(shell) };
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

function show({ inputs, env, mqttx, commands }: Served, { quota }: DemoOptions): void {
  const screen = standardScreen();
  screen.section('An embedded Insights Hub and its broker are running', inputLines(inputs));
  if (Object.keys(env).length > 0) {
    screen.section('An embedded GitHub is running as well', inputLines(env));
  }
  screen.section('Get a token with curl', codeLines(commands.token));
  screen.section(
    'Create an agent certificate with curl and that token',
    codeLines(commands.create),
  );
  screen.section('Publish a message with mosquitto_pub', codeLines(commands.publish));
  screen.section('Connect with MQTTX', [
    { text: 'Choose Connections, Import, JSON, and this file:' },
    { text: mqttx, isCode: true },
  ]);
  screen.line({ text: '' });
  const quotas =
    quota === 'off'
      ? 'No quotas apply.'
      : `The quotas of a tenant of size ${quota.toUpperCase()} apply.`;
  for (const text of [
    'Press Ctrl-C to stop the services and delete the files.',
    `${quotas} Incoming requests and messages appear below.`,
  ]) {
    screen.line({ text, style: 'bold' });
  }
}

const codeLines = (texts: readonly string[]) => texts.map((text) => ({ text, isCode: true }));

/** Adds an agent, and writes its key, certificate and connection file. */
async function equip(hub: InsightsHub, directory: string, { hostname, port }: URL) {
  const { clientId, pair } = await hub.addAgent(AGENT);
  const file = (ending: string) => path.join(directory, `${clientId}.${ending}`);
  await writeFile(file('key'), pair.privateKey, { mode: 0o600 });
  await writeFile(file('pem'), pair.certificate);
  const files = {
    authorities: path.join(directory, 'root-ca.pem'),
    certificate: file('pem'),
    privateKey: file('key'),
  };
  const broker = { host: hostname, port: Number(port) };
  const connection = { id: crypto.randomUUID(), clientId, broker, files };
  await writeFile(file('mqttx.json'), mqttxConnection(connection));
  return clientId;
}

/** Writes the file in one step, so that a process that waits for it never reads half of it. */
async function writeAddresses(file: string, inputs: Values): Promise<void> {
  const lines = Object.entries(inputs).map(([name, value]) => {
    // One line each: a list of destinations may be separated by commas instead.
    return `${name}=${value.replaceAll('\n', ',')}\n`;
  });
  await writeFile(`${file}.new`, lines.join(''));
  await rename(`${file}.new`, file);
}
