import { code, document } from '../markdown.ts';
import type { Topics } from '../mqtt/topics.ts';
import type { Agent, Fate } from './fate.ts';
import type { HowToConnect } from './how-to-connect.ts';

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOf(fates: readonly Fate[], options: SummaryOptions): string {
  const rows = fates.map((fate) => rowOf(fate, options.dryRun));
  const lines = [
    '### Insights Hub agent certificates',
    '',
    options.dryRun ? 'Dry run: everything was checked, nothing was created.\n' : '',
    '| Agent | Client id | Certificate (SHA-256) | Expires | Stored |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    ...(options.connect === undefined ? [] : connectSection(options.connect)),
  ];
  return document(lines);
}

export interface SummaryOptions {
  /** how to connect as one of the agents; nothing when none was issued */
  readonly connect: HowToConnect | undefined;
  readonly dryRun: boolean;
}

function rowOf({ agent, settings, isVerified, failure }: Fate, dryRun: boolean): string {
  const passed = dryRun ? 'checked' : isVerified ? 'connected' : '';
  const state = failure === undefined ? passed : `failed: ${code(failure.code)}`;
  const cells = [
    code(agent.name),
    code(agent.clientId),
    code(agent.fingerprint),
    code(agent.expiresAt?.slice(0, 10)),
    [state, filesOf(agent), settingsOf(settings)].filter(Boolean).join('<br>'),
  ];
  return `| ${cells.join(' | ')} |`;
}

function filesOf({ privateKeyPath, certificatePath, mqttxPath }: Agent): string {
  return [privateKeyPath, certificatePath, mqttxPath].map(code).filter(Boolean).join('<br>');
}

function settingsOf(settings: Fate['settings'] = []): string {
  return settings
    .map(({ kind, name, place }) => `${kind} ${code(name)} of ${code(place)}`)
    .join('<br>');
}

function connectSection(connect: HowToConnect): readonly string[] {
  const { broker, clientId, topics, mosquittoPub, mqttxPath } = connect;
  const listed = (title: string, list: Topics['publish']) =>
    `- ${title}: ${list.map(({ topic, purpose }) => `${code(topic)} (${purpose})`).join(', ')}`;
  return [
    `#### Connect as ${code(clientId)}`,
    '',
    `Connect to ${code(broker)} over MQTT 3.1.1 with this client id, the certificate and the private key; there is no user name and no password. One client id is one connection: a second one ends the first.`,
    '',
    mqttxPath === undefined ? '' : `In MQTTX, import ${code(mqttxPath)}.\n`,
    ...(mosquittoPub === undefined
      ? []
      : ['Publish a first message:', '', '```sh', mosquittoPub, '```', '']),
    listed('The agent publishes to', topics.publish),
    listed('It subscribes to', topics.subscribe),
  ];
}
