import path from 'node:path';
import { agentFiles, FILE_KINDS, type FileKind, fileKinds } from '../destinations/destination.ts';
import type { Failure } from '../failure.ts';
import { bytesOf, code, document, folded, MOST_SHOWN, upTo } from '../text.ts';
import { type HowToConnect, SAMPLE_DATA_POINT } from './connect.ts';
import {
  type FailedItem,
  type FailureMeans,
  failureList,
  helpLine,
  linkedCode,
  shownMessage,
} from './failure-list.ts';
import { casIn, dayOf } from './log.ts';
import { type AgentResult, DONE } from './result.ts';
import {
  cancelledLine,
  FAILED,
  moreNote,
  PASSED,
  pushedOf,
  rowOf,
  split,
  tableOf,
  warningSection,
} from './summary-parts.ts';

const ENCRYPTED_KEY = 'Encrypted private key';
const FINGERPRINT = 'Certificate SHA-256';

/** The result of a dry run. */
export const DRY_RUN_NOTE = 'Dry run: everything was checked, and nothing was created.';

/** Where Siemens documents how to make the asset model and the mapping for an agent. */
const DATA_MODEL =
  'https://documentation.mindsphere.io/MindSphere/howto/howto-create-data-model-mqtt-agent.html';

/** With more agents than this, those that did not fail are folded. */
const MOST_UNFOLDED = 10;

const dryRunNote = (results: readonly AgentResult[]) =>
  results.some(({ state }) => state === 'failed') ? 'Dry run: nothing was created.' : DRY_RUN_NOTE;

export interface CreatedOptions extends FailureMeans {
  readonly connect: HowToConnect | undefined;
  readonly dryRun: boolean;
  /** whether private keys are stored encrypted */
  readonly encrypted: boolean;
  /** those that the log shows by kind only */
  readonly warnings: readonly string[];
  /** of the step */
  readonly failure?: Failure | undefined;
}

/** The job summary of the create action: Markdown, with nothing secret in it. */
export function summaryOfCreated(results: readonly AgentResult[], options: CreatedOptions): string {
  const { connect, dryRun } = options;
  const [only] = results;
  return document([
    ...(only !== undefined && results.length === 1 ? one(only, options) : many(results, options)),
    dryRun ? dryRunNote(results) : '',
    ...(connect ? connectSection(connect) : []),
  ]);
}

/** One agent, as a list: a phone wraps its lines, but would have to scroll a table. */
function one(result: AgentResult, options: CreatedOptions) {
  const { name, ids, certificate, delivery, state, failure } = result;
  const { files = {}, settings = [], authorities } = delivery ?? {};
  const titleOf = (kind: FileKind) =>
    options.encrypted && kind === 'privateKey' ? ENCRYPTED_KEY : FILE_KINDS[kind].titles?.summary;
  const filesOf = (role: 'essential' | 'helpful') =>
    agentFiles(role).map(({ kind }) => [titleOf(kind), code(files[kind])] as const);
  const cas = authorities ? ` (${casIn(authorities, code)})` : '';
  const facts = [
    ['Client id', code(ids?.clientId)],
    ['Valid until', lastDayOf(result)],
    ['Connection', state === 'connected' ? 'accepted by the broker' : ''],
    ...filesOf('essential'),
    ...settings.map((setting) => ['Stored', pushedOf(setting, options)] as const),
    [titleOf('brokerCa'), files.brokerCa && `${code(files.brokerCa)}${cas}`],
    ...filesOf('helpful'),
    [FINGERPRINT, code(certificate?.fingerprint)],
  ] as const;
  const known = facts.filter(([title, value]) => title && value);
  const outcome =
    failure === undefined
      ? `${PASSED} Agent ${code(name)} was ${DONE[state].summary}`
      : `${FAILED} Agent ${code(name)} failed: ${linkedCode(failure, options)}`;
  return [
    `### ${outcome}`,
    cancelledLine(options.failure, [result], options),
    failure === undefined ? '' : shownMessage(failure, options),
    failure === undefined ? '' : helpLine([failure], options),
    known.map(([title, value]) => `- **${title}**: ${value}`),
  ];
}

/** Several agents: the counts, then the failures, then the others. */
function many(results: readonly AgentResult[], options: CreatedOptions) {
  const { encrypted, warnings } = options;
  const [failed, others] = split(results);
  const place: Place = { directory: commonDirectory(results), encrypted };
  const { lines, help, left } = failureList(failedItems(failed, place), MOST_SHOWN, options);
  const rows = others.map((result) => createdRow(result, place));
  const shownRows = upTo(MOST_SHOWN - bytesOf(lines), rows);
  const hasKeys = results.some(({ ids }) => ids !== undefined);
  return [
    `### ${failed.length > 0 ? FAILED : PASSED} ${countsOf(results, options)}`,
    cancelledLine(options.failure, results, options),
    lines,
    help,
    encrypted && hasKeys ? 'The private keys are encrypted.' : '',
    place.directory === undefined ? '' : `Files are in ${code(place.directory)}.`,
    caFileOf(results),
    shownRows.length > 0 ? foldedTable(shownRows, others.length, failed.length > 0) : '',
    moreNote(left + rows.length - shownRows.length),
    warningSection(warnings, MOST_SHOWN - bytesOf([...lines, ...shownRows])),
  ];
}

/** For example `3 agents created`, or `3 agents: 2 created, 1 failed`. */
export function countsOf(
  results: readonly AgentResult[],
  { dryRun }: { readonly dryRun: boolean },
): string {
  const countOf = (wanted: AgentResult['state']) =>
    results.filter(({ state }) => state === wanted).length;
  const [failed, skipped] = [countOf('failed'), countOf('skipped')];
  const done = results.length - failed - skipped;
  const counts = [
    done > 0 ? `${done} ${dryRun ? 'checked' : 'created'}` : '',
    skipped > 0 ? `${skipped} skipped (their files exist)` : '',
    failed > 0 ? `${failed} failed` : '',
  ].filter(Boolean);
  const agents = results.length === 1 ? '1 agent' : `${results.length} agents`;
  const [only = ''] = counts;
  if (counts.length > 1) return `${agents}: ${counts.join(', ')}`;
  return only === '' ? agents : `${agents} ${only.replace(/^\d+ /, '')}`;
}

/** What is true of all agents, so that it is not repeated for each. */
interface Place {
  /** where the files of all agents are */
  readonly directory: string | undefined;
  readonly encrypted: boolean;
}

function failedItems(failed: readonly AgentResult[], place: Place): readonly FailedItem[] {
  return failed.flatMap((result) => {
    const { name, ids, failure } = result;
    if (failure === undefined) return [];
    const id = ids === undefined ? [] : [`client id ${code(ids.clientId)}`];
    return [{ name: code(name), facts: [...id, ...storedOf(result, place)], failure }];
  });
}

/** The directory of the files, if all of them are in one. */
function commonDirectory(results: readonly AgentResult[]): string | undefined {
  const keys = results.flatMap(({ delivery }) => delivery?.files.privateKey ?? []);
  const [first, ...others] = new Set(keys.map((file) => path.dirname(file)));
  return others.length === 0 ? first : undefined;
}

/** What the CA file that all agents share contains. */
function caFileOf(results: readonly AgentResult[]): string {
  const one = results.find(({ delivery }) => delivery?.authorities)?.delivery;
  if (one?.authorities === undefined) return '';
  return `CA file: ${code(one.files.brokerCa)} (${casIn(one.authorities, code)}).`;
}

function createdRow(result: AgentResult, place: Place): string {
  const { name, state, ids, certificate } = result;
  // In short lines, so that the table fits the page.
  const fingerprint = certificate?.fingerprint.match(/.{1,24}/g) ?? [];
  return rowOf([
    code(name),
    state === 'failed' ? '' : DONE[state].summary,
    code(ids?.clientId),
    lastDayOf(result),
    storedOf(result, place).join('<br>'),
    fingerprint.map(code).join('<br>'),
  ]);
}

function foldedTable(
  rows: readonly string[],
  count: number,
  hasFailures: boolean,
): readonly string[] {
  const agents = count === 1 ? '1 agent' : `${count} agents`;
  const title = hasFailures ? `${agents} that did not fail` : agents;
  const titles = ['Agent', 'Result', 'Client id', 'Valid until', 'Stored', FINGERPRINT];
  return folded(title, tableOf(titles, rows), { open: count <= MOST_UNFOLDED });
}

function lastDayOf({ certificate }: AgentResult): string {
  return code(certificate?.expiresAt && dayOf(certificate.expiresAt));
}

function storedOf({ delivery }: AgentResult, place: Place): readonly string[] {
  const { files = {}, settings = [] } = delivery ?? {};
  const shown = fileKinds.flatMap((kind) => {
    const { titles, role } = FILE_KINDS[kind];
    const file = titles && files[kind];
    if (file === undefined || role === 'shared') return [];
    return [code(path.dirname(file) === place.directory ? path.basename(file) : file)];
  });
  return [...shown, ...settings.map((setting) => pushedOf(setting, place))];
}

function connectSection({ broker, clientId, topics, mosquittoPub, mqttxPath }: HowToConnect) {
  const topicLines = [
    ...topics.publish.map((topic) => ({ ...topic, use: 'Publish to' })),
    ...topics.subscribe.map((topic) => ({ ...topic, use: 'Subscribe to' })),
  ].map(({ use, topic, purpose }) => `- ${use} ${code(topic)} (${purpose})`);
  return [
    `#### Connect as ${code(clientId)}`,
    `Connect to ${code(broker)} over MQTT 3.1.1 with this client id, the certificate and the private key. Leave user name and password empty. A client id can have one connection only: a second connection closes the first.`,
    mqttxPath === undefined ? '' : `In MQTTX, import ${code(mqttxPath)}.`,
    keptNote(mosquittoPub !== undefined),
    mosquittoPub ? ['Publish a first message:', '', '```sh', mosquittoPub, '```'] : '',
    folded('Topics', topicLines, { open: false }),
  ];
}

/** What else it takes for Insights Hub to store a message that the broker accepts. */
function keptNote(hasMessage: boolean): string {
  const sample = hasMessage ? ` (${code(SAMPLE_DATA_POINT)} in the message below)` : '';
  return `Insights Hub stores the data of a message only if there is an asset model and a mapping for its data points${sample}. [Siemens’ manual explains how to create them](${DATA_MODEL}).`;
}
