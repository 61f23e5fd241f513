import path from 'node:path';
import { agentFiles, FILE_KINDS, type FileKind, fileKinds } from '../destinations/destination.ts';
import { bytesOf, code, document, folded, MOST_SHOWN, upTo } from '../text.ts';
import { type HowToConnect, SAMPLE_DATA_POINT } from './connect.ts';
import {
  type FailedItem,
  type FailureMeans,
  failureList,
  linkedCode,
  shownMessage,
} from './failure-list.ts';
import { casIn, dayOf } from './log.ts';
import { type AgentResult, DONE } from './result.ts';
import {
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
const FINGERPRINT = 'SHA-256 of the certificate';

/** What came of a dry run. */
export const DRY_RUN_NOTE = 'Dry run: everything was checked, nothing was created.';

/** Where Siemens documents how an agent makes an asset model, its assets, and the mapping. */
const DATA_MODEL =
  'https://documentation.mindsphere.io/MindSphere/howto/howto-create-data-model-mqtt-agent.html';

/** Of more agents than this, those that did not fail are folded. */
const MOST_UNFOLDED = 10;

export interface CreatedOptions extends FailureMeans {
  readonly connect: HowToConnect | undefined;
  readonly dryRun: boolean;
  /** whether private keys are kept encrypted */
  readonly encrypted: boolean;
  /** those that the log does not tell in their own words */
  readonly warnings: readonly string[];
}

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOfCreated(results: readonly AgentResult[], options: CreatedOptions): string {
  const { connect, dryRun } = options;
  const [only] = results;
  return document([
    ...(only !== undefined && results.length === 1 ? one(only, options) : many(results, options)),
    dryRun ? DRY_RUN_NOTE : '',
    ...(connect ? connectSection(connect) : []),
  ]);
}

/** One agent, as a list: on a phone its lines are wrapped, where a table would have to be moved. */
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
    failure === undefined ? '' : shownMessage(failure, options),
    known.map(([title, value]) => `- **${title}**: ${value}`),
  ];
}

/** Several agents: the counts first, then what failed, then the others. */
function many(results: readonly AgentResult[], options: CreatedOptions) {
  const { dryRun, encrypted, warnings } = options;
  const [failed, others] = split(results);
  const place: Place = { directory: commonDirectory(results), encrypted };
  const { lines, left } = failureList(failedItems(failed, place), MOST_SHOWN, options);
  const rows = others.map((result) => createdRow(result, place));
  const shownRows = upTo(MOST_SHOWN - bytesOf(lines), rows);
  const skipped = others.filter(({ state }) => state === 'skipped').length;
  const hasKeys = results.some(({ ids }) => ids !== undefined);
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
    lines,
    encrypted && hasKeys ? 'The private keys are encrypted.' : '',
    place.directory === undefined ? '' : `Files are in ${code(place.directory)}.`,
    caFileOf(results),
    shownRows.length > 0 ? foldedTable(shownRows, others.length) : '',
    moreNote(left + rows.length - shownRows.length),
    warningSection(warnings, MOST_SHOWN - bytesOf([...lines, ...shownRows])),
  ];
}

/** What the places of an agent's certificate need no more words for. */
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

/** Where the files of all agents are that have any, if that is one place. */
function commonDirectory(results: readonly AgentResult[]): string | undefined {
  const keys = results.flatMap(({ delivery }) => delivery?.files.privateKey ?? []);
  const [first, ...others] = new Set(keys.map((file) => path.dirname(file)));
  return others.length === 0 ? first : undefined;
}

/** What the file holds that all agents share. */
function caFileOf(results: readonly AgentResult[]): string {
  const one = results.find(({ delivery }) => delivery?.authorities)?.delivery;
  if (one?.authorities === undefined) return '';
  return `CA file: ${code(one.files.brokerCa)} (${casIn(one.authorities, code)}).`;
}

function createdRow(result: AgentResult, place: Place): string {
  const { name, state, ids, certificate } = result;
  // In short lines, so that the table is no wider than a page.
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

function foldedTable(rows: readonly string[], count: number): readonly string[] {
  const title = count === 1 ? '1 agent that did not fail' : `${count} agents that did not fail`;
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
    ...topics.publish.map((topic) => ({ ...topic, use: 'The agent publishes to' })),
    ...topics.subscribe.map((topic) => ({ ...topic, use: 'It subscribes to' })),
  ].map(({ use, topic, purpose }) => `- ${use} ${code(topic)} (${purpose})`);
  return [
    `#### Connect as ${code(clientId)}`,
    `Connect to ${code(broker)} over MQTT 3.1.1 with this client id, the certificate and the private key; there is no user name and no password. One client id is one connection: a second one ends the first.`,
    mqttxPath === undefined ? '' : `In MQTTX, import ${code(mqttxPath)}.`,
    keptNote(mosquittoPub !== undefined),
    mosquittoPub ? ['Publish a first message:', '', '```sh', mosquittoPub, '```'] : '',
    folded('Topics', topicLines, { open: false }),
  ];
}

/** Connected is not stored: what it takes beside a certificate. */
function keptNote(hasMessage: boolean): string {
  const sample = hasMessage ? ` (of the one below: ${code(SAMPLE_DATA_POINT)})` : '';
  return `Insights Hub keeps nothing of a message without an asset model and a mapping of its data points${sample}. [Siemens’ manual says how to make them](${DATA_MODEL}).`;
}
