import { code, document } from '../markdown.ts';
import type { Topics } from '../mqtt/topics.ts';
import type { Agent, Fate } from './fate.ts';
import type { HowToConnect } from './how-to-connect.ts';

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOf(fates: readonly Fate[], options: SummaryOptions): string {
  const failed = fates.filter(({ failure }) => failure !== undefined);
  const others = fates.filter(({ failure }) => failure === undefined);
  const rows = [...failed, ...others].map((fate) => rowOf(fate, options.dryRun));
  const shown = upTo(LARGEST_TABLE, rows);
  const lines = [
    '### Insights Hub agent certificates',
    '',
    options.dryRun ? 'Dry run: everything was checked, nothing was created.\n' : '',
    fates.length > 1 ? `${countsOf(fates, options)}\n` : '',
    '| Agent | Client id | Certificate (SHA-256) | Expires | Stored |',
    '| --- | --- | --- | --- | --- |',
    ...shown,
    '',
    shown.length < rows.length
      ? `${rows.length - shown.length} more agents have no room here; the log has all of them.\n`
      : '',
    ...(options.connect === undefined ? [] : connectSection(options.connect)),
  ];
  return document(lines);
}

export interface SummaryOptions {
  /** how to connect as one of the agents; nothing when none was issued */
  readonly connect: HowToConnect | undefined;
  readonly dryRun: boolean;
}

/** GitHub takes a summary of 1 MiB at most; this is for the table, in bytes. */
const LARGEST_TABLE = 900 * 1024;

/** The first rows, as many as fit. */
function upTo(bytes: number, rows: readonly string[]): readonly string[] {
  let size = 0;
  const end = rows.findIndex((row) => {
    size += Buffer.byteLength(row) + 1;
    return size > bytes;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function countsOf(fates: readonly Fate[], { dryRun }: SummaryOptions): string {
  const failed = fates.filter(({ failure }) => failure !== undefined).length;
  const skipped = fates.filter(({ isSkipped }) => isSkipped).length;
  const rest = fates.length - failed - skipped;
  return [
    `${fates.length} agents: ${rest} ${dryRun ? 'checked' : 'created'}`,
    ...(skipped > 0 ? [`${skipped} there already`] : []),
    ...(failed > 0 ? [`**${failed} failed**`] : []),
  ].join(', ');
}

function rowOf(fate: Fate, dryRun: boolean): string {
  const { agent, settings, isVerified, isSkipped, failure } = fate;
  const passed = isSkipped ? 'there already' : dryRun ? 'checked' : isVerified ? 'connected' : '';
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
