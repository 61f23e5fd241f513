import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mqttxConnection } from '../src/mqtt/broker.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { standardScreen } from './screen.ts';
import { startBroker, startHub } from './services.ts';
import { inputLines } from './show.ts';

/** An agent that exists from the start, so that clients have something to connect as. */
const AGENT = 'by-hand';

type Inputs = Readonly<Record<string, string>>;

/** Runs an embedded Insights Hub and its broker until a signal, and prints how to use them. */
export async function serve(options: DemoOptions): Promise<void> {
  const hub = await startHub(options);
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-serve-'));
  const { broker, inputs: connection } = await startBroker(hub, directory, options);
  const { technicalUser, urls, tenant } = hub;
  const inputs = {
    tenant,
    'oauth-client-id': technicalUser.id,
    'oauth-client-secret': technicalUser.secret,
    ...urls,
    ...connection,
  };
  const clientId = await equip(hub, directory, new URL(broker.url));
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  const commands = {
    token: tokenLines(inputs),
    create: createLines(inputs),
    publish: publishLines(clientId, tenant, directory, new URL(broker.url)),
  };
  const mqttx = path.join(directory, `${clientId}.mqttx.json`);
  if (options.json) {
    const shell = Object.entries(commands).map(([name, lines]) => [name, lines.join('\n')]);
    const document = { inputs, clientId, directory, mqttx, commands: Object.fromEntries(shell) };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else {
    show(inputs, commands, mqttx);
  }
  if (options.addressFile !== '') await writeAddresses(options.addressFile, inputs);
  await ended;
  await broker.stop();
  await hub.stop();
  await rm(directory, { recursive: true });
}

function show(
  inputs: Inputs,
  commands: Readonly<Record<'token' | 'create' | 'publish', readonly string[]>>,
  mqttx: string,
): void {
  const screen = standardScreen();
  screen.section('An embedded Insights Hub and its broker are running', inputLines(inputs));
  screen.section('A token, with curl', codeLines(commands.token));
  screen.section('An agent certificate, with curl and that token', codeLines(commands.create));
  screen.section('A message to the broker, with mosquitto_pub', codeLines(commands.publish));
  screen.section('A connection, with MQTTX', [
    { text: 'Connections, Import, JSON, and this file:' },
    { text: mqttx, isCode: true },
  ]);
  screen.line({ text: '' });
  screen.line({
    text: 'The commands may be pasted into a shell. Ctrl-C ends all, and removes the files.',
    style: 'bold',
  });
}

const codeLines = (texts: readonly string[]) => texts.map((text) => ({ text, isCode: true }));

/** Adds an agent, and writes its key, certificate and connection file. */
async function equip(hub: InsightsHub, directory: string, { hostname, port }: URL) {
  await hub.addAgent(AGENT);
  const clientId = `${hub.tenant}_${AGENT}`;
  const pair = hub.agents.get(clientId)?.pair;
  if (pair === undefined) throw new Error('the agent has no certificate');
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

function tokenLines(inputs: Inputs): readonly string[] {
  const { tenant = '', 'oauth-client-id': id, 'oauth-client-secret': secret } = inputs;
  const url = (inputs['token-url'] ?? '').replace('{tenant}', tenant);
  return [
    `TOKEN=$(curl -sS -u '${id}:${secret}' -d grant_type=client_credentials \\`,
    `  ${url} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    'echo "$TOKEN"',
  ];
}

function createLines(inputs: Inputs): readonly string[] {
  const url = (inputs['api-url'] ?? '').replace('{api}', 'mindconnectmqtt');
  return [
    `curl -sS -w '\\n' -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d '{"name":"device001"}' \\`,
    `  ${url}/agentCertificates`,
  ];
}

function publishLines(
  clientId: string,
  tenant: string,
  directory: string,
  { hostname, port }: URL,
): readonly string[] {
  const timestamp = new Date().toISOString();
  return [
    `cd '${directory}'`,
    `mosquitto_pub -h ${hostname} -p ${port} -i ${clientId} --cafile root-ca.pem \\`,
    `  --cert ${clientId}.pem --key ${clientId}.key -q 1 -d \\`,
    `  -t tc/${tenant}/${clientId}/o/mc_v3/ts \\`,
    `  -m '{"timeseries":[{"timestamp":"${timestamp}","values":[`,
    `    {"dataPointId":"dataPoint1","value":"21.5","qualityCode":"0"}]}]}'`,
  ];
}

/** Writes the file in one step, so that whoever waits for it never reads half of it. */
async function writeAddresses(file: string, inputs: Inputs): Promise<void> {
  const lines = Object.entries(inputs).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(`${file}.new`, lines.join(''));
  await rename(`${file}.new`, file);
}
