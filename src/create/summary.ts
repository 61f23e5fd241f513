import path from 'node:path';
import { bytesOf, code, document, folded, MOST_SHOWN, upTo } from '../markdown.ts';
import type { Topic } from '../mqtt/topics.ts';
import type { Agent, Fate } from './fate.ts';
import type { HowToConnect } from './how-to-connect.ts';

/** What came of a dry run. */
export const DRY_RUN_NOTE = 'Dry run: everything was checked, nothing was created.';

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOf(fates: readonly Fate[], options: SummaryOptions): string {
  const [only] = fates;
  const told = only !== undefined && fates.length === 1 ? one(only, options) : many(fates, options);
  const note = options.dryRun ? [DRY_RUN_NOTE, ''] : [];
  return document([...told, ...note, ...connectSection(options.connect)]);
}

export interface SummaryOptions {
  /** how to connect as one of the agents; nothing when none was issued */
  readonly connect: HowToConnect | undefined;
  readonly dryRun: boolean;
}

/** One agent, as a list: on a phone its lines are wrapped, where a table would have to be moved. */
function one(fate: Fate, { dryRun }: SummaryOptions): readonly string[] {
  const { agent, settings = [], isVerified, failure } = fate;
  const { clientId, expiresAt, privateKeyPath, certificatePath, mqttxPath, fingerprint } = agent;
  const facts: readonly (readonly [string, string])[] = [
    ['Client id', code(clientId)],
    ['Valid until', code(expiresAt?.slice(0, 10))],
    ['Connection', isVerified ? 'accepted by the broker' : ''],
    ['Private key', code(privateKeyPath)],
    ['Certificate', code(certificatePath)],
    ...settings.map((setting) => ['Stored', settingOf(setting)] as const),
    ['File for MQTTX', code(mqttxPath)],
    ['SHA-256 of the certificate', code(fingerprint)],
  ];
  const known = facts.filter(([, value]) => value !== '');
  return [
    failure === undefined
      ? `### ${PASSED} Agent ${code(agent.name)} was ${stateOf(fate, dryRun)}`
      : `### ${FAILED} Agent ${code(agent.name)} ${stateOf(fate, dryRun)}`,
    '',
    ...known.map(([name, value]) => `- **${name}**: ${value}`),
    '',
    ...(failure === undefined ? [] : [WHERE_REASONS_ARE, '']),
  ];
}

/** Several agents: the counts first, then what failed, then the others. */
function many(fates: readonly Fate[], options: SummaryOptions): readonly string[] {
  const failed = fates.filter(({ failure }) => failure !== undefined);
  const others = fates.filter(({ failure }) => failure === undefined);
  const directory = commonDirectory(fates);
  const lines = failed.map((fate) => failureLine(fate, directory));
  const rows = others.map((fate) => rowOf(fate, directory, options));
  const shownLines = upTo(MOST_SHOWN, lines);
  const shownRows = upTo(MOST_SHOWN - bytesOf(shownLines), rows);
  const left = lines.length + rows.length - shownLines.length - shownRows.length;
  return [
    `### ${headOf(fates, failed)}`,
    '',
    `${countsOf(fates, options)}.`,
    '',
    ...(failed.length > 0 ? [...shownLines, '', WHERE_REASONS_ARE, ''] : []),
    directory === undefined ? '' : `Files are in ${code(directory)}.`,
    '',
    ...(shownRows.length > 0 ? tableOf(shownRows, others.length) : []),
    left > 0 ? `${left} more agents have no room here; the log has all of them.` : '',
    '',
  ];
}

const PASSED = '✅';
const FAILED = '❌';
const WHERE_REASONS_ARE = 'The log says why, and what to do.';

/** Of more agents than this, those that did not fail are folded. */
const MOST_UNFOLDED = 10;

function headOf({ length }: readonly Fate[], failed: readonly Fate[]): string {
  if (failed.length === 0) return `${PASSED} ${length} agents`;
  return `${FAILED} ${failed.length} of ${length} agents failed`;
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

/** Where the files of all agents are that have any, if that is one place. */
function commonDirectory(fates: readonly Fate[]): string | undefined {
  const directories = new Set(
    fates.flatMap(({ agent }) => agent.privateKeyPath ?? []).map((file) => path.dirname(file)),
  );
  const [first] = directories;
  return directories.size === 1 ? first : undefined;
}

function failureLine(fate: Fate, directory: string | undefined): string {
  const { agent } = fate;
  const id = agent.clientId === undefined ? '' : `client id ${code(agent.clientId)}`;
  const facts = [stateOf(fate, false), id, ...storedOf(fate, directory)];
  return `- ${code(agent.name)} ${facts.filter(Boolean).join(', ')}`;
}

function rowOf(
  fate: Fate,
  directory: string | undefined,
  { dryRun }: { readonly dryRun: boolean },
): string {
  const { agent } = fate;
  const cells = [
    code(agent.name),
    stateOf(fate, dryRun),
    code(agent.clientId),
    code(agent.expiresAt?.slice(0, 10)),
    storedOf(fate, directory).join('<br>'),
    inLines(agent.fingerprint).map(code).join('<br>'),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A fingerprint in short lines, so that the table is no wider than a page. */
function inLines(fingerprint = ''): readonly string[] {
  return fingerprint.match(/.{1,24}/g) ?? [];
}

function tableOf(rows: readonly string[], count: number): readonly string[] {
  const title = count === 1 ? '1 agent that did not fail' : `${count} agents that did not fail`;
  const table = [
    '| Agent | Result | Client id | Valid until | Stored | SHA-256 of the certificate |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
  return folded(title, table, { open: count <= MOST_UNFOLDED });
}

function stateOf({ isSkipped, isVerified, failure }: Fate, dryRun: boolean): string {
  if (failure !== undefined) return `failed: ${code(failure.code)}`;
  if (isSkipped) return 'there already';
  if (dryRun) return 'checked';
  return isVerified ? 'created and connected' : 'created';
}

function storedOf({ agent, settings = [] }: Fate, directory: string | undefined) {
  return [...filesOf(agent, directory), ...settings.map(settingOf)];
}

function filesOf(agent: Agent, directory: string | undefined): readonly string[] {
  const { privateKeyPath, certificatePath, mqttxPath } = agent;
  const files = [privateKeyPath, certificatePath, mqttxPath].filter((file) => file !== undefined);
  return files.map((file) => code(path.dirname(file) === directory ? path.basename(file) : file));
}

function settingOf({ kind, name, place }: NonNullable<Fate['settings']>[number]): string {
  return `${kind} ${code(name)} of ${code(place)}`;
}

function connectSection(connect: HowToConnect | undefined): readonly string[] {
  if (connect === undefined) return [];
  const { broker, clientId, topics, mosquittoPub, mqttxPath } = connect;
  const listed = (title: string, list: readonly Topic[]) =>
    list.map(({ topic, purpose }) => `- ${title} ${code(topic)} (${purpose})`);
  return [
    `#### Connect as ${code(clientId)}`,
    '',
    `Connect to ${code(broker)} over MQTT 3.1.1 with this client id, the certificate and the private key; there is no user name and no password. One client id is one connection: a second one ends the first.`,
    '',
    ...(mqttxPath === undefined ? [] : [`In MQTTX, import ${code(mqttxPath)}.`, '']),
    ...(mosquittoPub === undefined
      ? []
      : ['Publish a first message:', '', '```sh', mosquittoPub, '```', '']),
    ...folded(
      'Topics',
      [
        ...listed('The agent publishes to', topics.publish),
        ...listed('It subscribes to', topics.subscribe),
      ],
      { open: false },
    ),
  ];
}
