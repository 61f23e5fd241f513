import { bytesOf, code, document, MOST_SHOWN, upTo } from '../text.ts';
import { type FailedItem, type FailureMeans, failureList } from './failure-list.ts';
import { type AgentResult, CERTIFICATE_STATES, type CertificateResult, DONE } from './result.ts';
import {
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
  'Insights Hub was asked to delete the certificates: the call is documented, its effect on devices is not. A connected device may stay connected for some minutes.';
const KEPT_NOTE =
  'A certificate that was not deleted may still be accepted: that ending its agent makes it invalid is documented nowhere.';

export interface DeletedOptions extends FailureMeans {
  /** those that were to be deleted by their ids */
  readonly certificates: readonly CertificateResult[];
  readonly dryRun: boolean;
  /** those that the log does not tell in their own words */
  readonly warnings: readonly string[];
}

/** What a person reads of the delete action on the run's page: Markdown, with nothing secret in it. */
export function summaryOfDeleted(results: readonly AgentResult[], options: DeletedOptions): string {
  const { certificates, dryRun, warnings } = options;
  const isFailed = [...results, ...certificates].some(({ state }) => state === 'failed');
  const agents = agentPart(results, MOST_SHOWN, options);
  const others = certificatePart(certificates, MOST_SHOWN - bytesOf(agents.flat()), options);
  const room = MOST_SHOWN - bytesOf([...agents, ...others].flat());
  return document([
    `### ${isFailed ? FAILED : PASSED} Insights Hub ${headlineOf(results, certificates)}`,
    dryRun ? 'Dry run: everything was looked up, nothing was changed.' : '',
    ...agents,
    ...others,
    ...(dryRun ? [] : notesOn(results, certificates)),
    warningSection(warnings, room),
  ]);
}

/** E.g. `agents: 1 failed, 2 ended; certificates: 1 deleted`. */
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

/** E.g. `agents: 1 failed, 2 ended`; nothing where there are none. */
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

/** Those that failed first. */
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

/** Of an agent that failed: what is known, and what became of all that goes with it. */
function failedAgent(result: AgentResult): readonly FailedItem[] {
  const { name, failure, ids, certificateState, removed = [], remaining = [] } = result;
  if (failure === undefined) return [];
  const facts = [
    ids ? `client id ${code(ids.clientId)}` : '',
    ids?.agentId ? `agent id ${code(ids.agentId)}` : '',
    certificateState ? CERTIFICATE_STATES[certificateState].log : '',
    ...removed.map((setting) => `${settingOf(setting)} is gone`),
    ...remaining.map((setting) => `${settingOf(setting)} was not removed`),
  ].filter(Boolean);
  return [{ name: code(name), facts, failure }];
}

/** What devices may still do with the certificates that are gone, and with those that are not. */
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
  const { name, ids, state, certificateState, removed = [] } = result;
  const gone = removed.map((setting) => `${settingOf(setting)} is gone`);
  const certificate = certificateState ? CERTIFICATE_STATES[certificateState].summary : '';
  return rowOf([
    code(name),
    [state === 'failed' ? '' : DONE[state].summary, ...gone].join('<br>'),
    ...(hasCertificates ? [certificate] : []),
    code(ids?.clientId),
    code(ids?.agentId),
  ]);
}

/** What failed, a table of as many others as fit, and how many don't; nothing where there are none. */
function fitting(
  { lines, left }: ReturnType<typeof failureList>,
  titles: readonly string[],
  rows: readonly string[],
  { bytes, what }: { readonly bytes: number; readonly what: 'agents' | 'certificates' },
): Part {
  const shown = upTo(bytes - bytesOf(lines), rows);
  return [
    lines,
    rows.length === 0 ? [] : tableOf(titles, shown),
    [moreNote(left + rows.length - shown.length, what)],
  ];
}
