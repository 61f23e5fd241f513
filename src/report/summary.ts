import path from 'node:path';
import { agentFiles, FILE_KINDS, fileKinds } from '../destinations/destination.ts';
import { bytesOf, code, document, folded, MOST_SHOWN, upTo } from '../text.ts';
import type { HowToConnect } from './connect.ts';
import { dayOf } from './log.ts';
import type { AgentResult } from './result.ts';
import {
  FAILED,
  moreNote,
  PASSED,
  rowOf,
  settingOf,
  split,
  stateOf,
  tableOf,
  WHERE_REASONS_ARE,
} from './summary-parts.ts';

const FINGERPRINT = 'SHA-256 of the certificate';

/** What came of a dry run. */
export const DRY_RUN_NOTE = 'Dry run: everything was checked, nothing was created.';

/** Of more agents than this, those that did not fail are folded. */
const MOST_UNFOLDED = 10;

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOfCreated(
  results: readonly AgentResult[],
  { connect, dryRun }: { readonly connect: HowToConnect | undefined; readonly dryRun: boolean },
): string {
  const [only] = results;
  return document([
    ...(only !== undefined && results.length === 1 ? one(only) : many(results, dryRun)),
    dryRun ? DRY_RUN_NOTE : '',
    ...(connect ? connectSection(connect) : []),
  ]);
}

/** One agent, as a list: on a phone its lines are wrapped, where a table would have to be moved. */
function one(result: AgentResult) {
  const { name, ids, certificate, delivery, state } = result;
  const { files = {}, settings = [] } = delivery ?? {};
  const isFailed = state === 'failed';
  const filesOf = (role: 'essential' | 'helpful') =>
    agentFiles(role).map(({ kind, titles }) => [titles?.summary, code(files[kind])] as const);
  const facts = [
    ['Client id', code(ids?.clientId)],
    ['Valid until', lastDayOf(result)],
    ['Connection', state === 'connected' ? 'accepted by the broker' : ''],
    ...filesOf('essential'),
    ...settings.map((setting) => ['Stored', settingOf(setting)] as const),
    ...filesOf('helpful'),
    [FINGERPRINT, code(certificate?.fingerprint)],
  ] as const;
  const known = facts.filter(([title, value]) => title && value);
  return [
    `### ${isFailed ? FAILED : PASSED} Agent ${code(name)} ${isFailed ? '' : 'was '}${stateOf(result)}`,
    known.map(([title, value]) => `- **${title}**: ${value}`),
    isFailed ? WHERE_REASONS_ARE : '',
  ];
}

/** Several agents: the counts first, then what failed, then the others. */
function many(results: readonly AgentResult[], dryRun: boolean) {
  const [failed, others] = split(results);
  const directory = commonDirectory(results);
  const lines = failed.map((result) => failureLine(result, directory));
  const rows = others.map((result) => createdRow(result, directory));
  const shownLines = upTo(MOST_SHOWN, lines);
  const shownRows = upTo(MOST_SHOWN - bytesOf(shownLines), rows);
  const skipped = others.filter(({ state }) => state === 'skipped').length;
  const counts = [
    `${results.length} agents: ${others.length - skipped} ${dryRun ? 'checked' : 'created'}`,
    skipped > 0 ? `${skipped} there already` : '',
    failed.length > 0 ? `**${failed.length} failed**` : '',
  ];
  return [
    failed.length > 0
      ? `### ${FAILED} ${failed.length} of ${results.length} agents failed`
      : `### ${PASSED} ${results.length} agents`,
    `${counts.filter(Boolean).join(', ')}.`,
    shownLines,
    failed.length > 0 ? WHERE_REASONS_ARE : '',
    directory === undefined ? '' : `Files are in ${code(directory)}.`,
    shownRows.length > 0 ? foldedTable(shownRows, others.length) : '',
    moreNote(lines.length + rows.length - shownLines.length - shownRows.length),
  ];
}

/** Where the files of all agents are that have any, if that is one place. */
function commonDirectory(results: readonly AgentResult[]): string | undefined {
  const keys = results.flatMap(({ delivery }) => delivery?.files.privateKey ?? []);
  const [first, ...others] = new Set(keys.map((file) => path.dirname(file)));
  return others.length === 0 ? first : undefined;
}

function failureLine(result: AgentResult, directory: string | undefined): string {
  const { name, ids } = result;
  const id = ids === undefined ? [] : [`client id ${code(ids.clientId)}`];
  return `- ${code(name)} ${[stateOf(result), ...id, ...storedOf(result, directory)].join(', ')}`;
}

function createdRow(result: AgentResult, directory: string | undefined): string {
  const { name, ids, certificate } = result;
  // In short lines, so that the table is no wider than a page.
  const fingerprint = certificate?.fingerprint.match(/.{1,24}/g) ?? [];
  return rowOf([
    code(name),
    stateOf(result),
    code(ids?.clientId),
    lastDayOf(result),
    storedOf(result, directory).join('<br>'),
    fingerprint.map(code).join('<br>'),
  ]);
}

function foldedTable(rows: readonly string[], count: number): readonly string[] {
  const title = count === 1 ? '1 agent that did not fail' : `${count} agents that did not fail`;
  const titles = ['Agent', 'Result', 'Client id', 'Valid until', 'Stored', FINGERPRINT];
  return folded(title, tableOf(titles, rows), { open: count <= MOST_UNFOLDED });
}

function lastDayOf({ certificate }: AgentResult): string {
  return code(certificate?.expiresAt && dayOf(certificate.expiresAt));
}

function storedOf({ delivery }: AgentResult, directory: string | undefined): readonly string[] {
  const { files = {}, settings = [] } = delivery ?? {};
  const shown = fileKinds.flatMap((kind) => {
    const file = FILE_KINDS[kind].titles && files[kind];
    if (file === undefined) return [];
    return [code(path.dirname(file) === directory ? path.basename(file) : file)];
  });
  return [...shown, ...settings.map(settingOf)];
}

function connectSection({ broker, clientId, topics, mosquittoPub, mqttxPath }: HowToConnect) {
  const topicLines = [
    ...topics.publish.map((topic) => ({ ...topic, use: 'The agent publishes to' })),
    ...topics.subscribe.map((topic) => ({ ...topic, use: 'It subscribes to' })),
  ].map(({ use, topic, purpose }) => `- ${use} ${code(topic)} (${purpose})`);
  return [
    `#### Connect as ${code(clientId)}`,
    `Connect to ${code(broker)} over MQTT 3.1.1 with this client id, the certificate and the private key; there is no user name and no password. One client id is one connection: a second one ends the first.`,
    mqttxPath === undefined ? '' : `In MQTTX, import ${code(mqttxPath)}.`,
    mosquittoPub ? ['Publish a first message:', '', '```sh', mosquittoPub, '```'] : '',
    folded('Topics', topicLines, { open: false }),
  ];
}
