import type { Failure } from '../failure.ts';
import { bytesOf, code, document, MOST_SHOWN, upTo } from '../text.ts';
import { type FailedItem, type FailureMeans, failureList } from './failure-list.ts';
import { type AgentResult, CERTIFICATE_STATES, type CertificateResult, DONE } from './result.ts';
import {
  cancelledLine,
  FAILED,
  moreNote,
  PASSED,
  rowOf,
  settingOf,
  split,
  tableOf,
  warningSection,
} from './summary-parts.ts';

const DELETED_NOTE =
  'Siemens documents the call that deletes certificates, but not its effect on devices. A connected device may stay connected for some minutes.';
const KEPT_NOTE =
  'A certificate that was not deleted may still be accepted. It is not documented that deleting its agent makes it invalid.';

export interface DeletedOptions extends FailureMeans {
  /** those to be deleted by their ids */
  readonly certificates: readonly CertificateResult[];
  readonly dryRun: boolean;
  /** those that the log shows by kind only */
  readonly warnings: readonly string[];
  /** of the step */
  readonly failure?: Failure | undefined;
}

/** The job summary of the delete action: Markdown, with nothing secret in it. */
export function summaryOfDeleted(results: readonly AgentResult[], options: DeletedOptions): string {
  const { certificates, dryRun, warnings, failure } = options;
  const isFailed = [...results, ...certificates].some(({ state }) => state === 'failed');
  const agents = agentPart(results, MOST_SHOWN, options);
  const others = certificatePart(certificates, MOST_SHOWN - bytesOf(agents.flat()), options);
  const room = MOST_SHOWN - bytesOf([...agents, ...others].flat());
  return document([
    `### ${isFailed ? FAILED : PASSED} Insights Hub ${headlineOf(results, certificates)}`,
    dryRun ? 'Dry run: everything was looked up, and nothing was changed.' : '',
    cancelledLine(failure, [...results, ...certificates], options),
    ...agents,
    ...others,
    ...(dryRun ? [] : notesOn(results, certificates)),
    warningSection(warnings, room),
  ]);
}

/** For example `agents: 1 failed, 2 deleted; certificates: 1 deleted`. */
export function headlineOf(
  results: readonly AgentResult[],
  certificates: readonly CertificateResult[],
): string {
  const counts = [
    countsOf('agents', results, { ...DONE, failed: CERTIFICATE_STATES.failed }),
    countsOf('certificates', certificates, CERTIFICATE_STATES),
  ];
  return counts.filter(Boolean).join('; ');
}

type Part = readonly (readonly string[])[];

/** What is counted, in this order. */
const COUNTED = ['failed', 'deleted', 'absent', 'would-delete'] as const;

/** For example `agents: 1 failed, 2 deleted`; nothing if there are none. */
function countsOf(
  what: string,
  results: readonly { readonly state: string }[],
  words: Readonly<Record<(typeof COUNTED)[number], { readonly summary: string }>>,
): string {
  const counts = COUNTED.flatMap((state) => {
    const count = results.filter((result) => result.state === state).length;
    return count > 0 ? `${count} ${words[state].summary}` : [];
  });
  return counts.length > 0 ? `${what}: ${counts.join(', ')}` : '';
}

/** The agents that failed come first. */
function agentPart(results: readonly AgentResult[], bytes: number, means: FailureMeans): Part {
  const [failed, others] = split(results);
  const hasCertificates = results.some(({ certificateState }) => certificateState !== undefined);
  const titles = ['Agent', 'Result', ...(hasCertificates ? ['Certificate'] : [])];
  return fitting(
    failureList(failed.flatMap(failedAgent), bytes, means),
    [...titles, 'Client id', 'Agent id'],
    others.map((result) => deletedRow(result, hasCertificates)),
    { bytes, what: 'agents' },
  );
}

function certificatePart(
  results: readonly CertificateResult[],
  bytes: number,
  means: FailureMeans,
): Part {
  const [failed, others] = split(results);
  const items = failed.flatMap(({ certificateId, failure }) =>
    failure ? { name: `certificate ${code(certificateId)}`, facts: [], failure } : [],
  );
  return fitting(
    failureList(items, bytes, means),
    ['Certificate', 'Result'],
    others.map(({ certificateId, state }) =>
      rowOf([code(certificateId), CERTIFICATE_STATES[state].summary]),
    ),
    { bytes, what: 'certificates' },
  );
}

/** An agent that failed: what is known, and what happened to everything that belongs to it. */
function failedAgent(result: AgentResult): readonly FailedItem[] {
  const { name, failure, ids, certificateState, deletedSettings = [], remaining = [] } = result;
  if (failure === undefined) return [];
  const facts = [
    ids ? `client id ${code(ids.clientId)}` : '',
    ids?.agentId ? `agent id ${code(ids.agentId)}` : '',
    certificateState ? CERTIFICATE_STATES[certificateState].log : '',
    ...deletedSettings.map((setting) => `${settingOf(setting)} is gone`),
    ...remaining.map((setting) => `${settingOf(setting)} was not deleted`),
  ].filter(Boolean);
  return [{ name: code(name), facts, failure }];
}

/** What devices may still do with certificates that were deleted, and with those that were not. */
function notesOn(results: readonly AgentResult[], certificates: readonly CertificateResult[]) {
  const states = results.map(({ certificateState }) => certificateState);
  const isDeleted = [...states, ...certificates.map(({ state }) => state)].includes('deleted');
  const isKept = results.some(
    ({ state, certificateState }) =>
      state !== 'failed' && certificateState !== 'deleted' && certificateState !== 'absent',
  );
  return [isDeleted ? DELETED_NOTE : '', isKept ? KEPT_NOTE : ''];
}

function deletedRow(result: AgentResult, hasCertificates: boolean): string {
  const { name, ids, state, certificateState, deletedSettings = [] } = result;
  const gone = deletedSettings.map((setting) => `${settingOf(setting)} is gone`);
  const certificate = certificateState ? CERTIFICATE_STATES[certificateState].summary : '';
  return rowOf([
    code(name),
    [state === 'failed' ? '' : DONE[state].summary, ...gone].join('<br>'),
    ...(hasCertificates ? [certificate] : []),
    code(ids?.clientId),
    code(ids?.agentId),
  ]);
}

/** What failed, a table of as many others as fit, and how many don't; empty if there are none. */
function fitting(
  { lines, help, left }: ReturnType<typeof failureList>,
  titles: readonly string[],
  rows: readonly string[],
  { bytes, what }: { readonly bytes: number; readonly what: 'agents' | 'certificates' },
): Part {
  const shown = upTo(bytes - bytesOf(lines), rows);
  return [
    lines,
    [help],
    rows.length === 0 ? [] : tableOf(titles, shown),
    [moreNote(left + rows.length - shown.length, what)],
  ];
}
