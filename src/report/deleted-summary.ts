import { bytesOf, code, document, MOST_SHOWN, upTo } from '../text.ts';
import { type AgentResult, CERTIFICATE_STATES, type CertificateResult, DONE } from './result.ts';
import {
  FAILED,
  failedWith,
  moreNote,
  PASSED,
  rowOf,
  settingOf,
  split,
  stateOf,
  tableOf,
  WHERE_REASONS_ARE,
} from './summary-parts.ts';

const DELETED_NOTE =
  'Insights Hub was asked to delete the certificates: the call is documented, its effect on devices is not. A connected device may stay connected for some minutes.';
const KEPT_NOTE =
  'A certificate that was not deleted may still be accepted: that ending its agent makes it invalid is documented nowhere.';

/**
 * What a person reads of the delete action on the run's page: Markdown, with nothing secret in it.
 * `certificates` are those that were to be deleted by their ids.
 */
export function summaryOfDeleted(
  results: readonly AgentResult[],
  {
    certificates,
    dryRun,
  }: { readonly certificates: readonly CertificateResult[]; readonly dryRun: boolean },
): string {
  const isFailed = [...results, ...certificates].some(({ state }) => state === 'failed');
  const counts = [
    countsOf('agents', results, { ...DONE, failed: CERTIFICATE_STATES.failed }),
    countsOf('certificates', certificates, CERTIFICATE_STATES),
  ];
  const agents = agentTable(results);
  return document([
    `### ${isFailed ? FAILED : PASSED} Insights Hub ${counts.filter(Boolean).join('; ')}`,
    dryRun ? 'Dry run: everything was looked up, nothing was changed.' : '',
    ...agents,
    ...certificateTable(certificates, MOST_SHOWN - bytesOf(agents.flat())),
    isFailed ? WHERE_REASONS_ARE : '',
    ...(dryRun ? [] : notesOn(results, certificates)),
  ]);
}

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
function agentTable(results: readonly AgentResult[]): readonly (readonly string[])[] {
  const hasCertificates = results.some(({ certificateState }) => certificateState !== undefined);
  const titles = ['Agent', 'Result', ...(hasCertificates ? ['Certificate'] : [])];
  const rows = split(results)
    .flat()
    .map((result) => deletedRow(result, hasCertificates));
  return fittingTable([...titles, 'Client id', 'Agent id'], rows, MOST_SHOWN, 'agents');
}

function certificateTable(results: readonly CertificateResult[], bytes: number) {
  const rows = split(results)
    .flat()
    .map(({ certificateId, state, failure }) =>
      rowOf([
        code(certificateId),
        failure ? failedWith(failure) : CERTIFICATE_STATES[state].summary,
      ]),
    );
  return fittingTable(['Certificate', 'Result'], rows, bytes, 'certificates');
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
  const { name, ids, certificateState, removed = [] } = result;
  const gone = removed.map((setting) => `${settingOf(setting)} is gone`);
  const outcome = [stateOf(result), ...gone].join('<br>');
  const certificate = certificateState ? CERTIFICATE_STATES[certificateState].summary : '';
  return rowOf([
    code(name),
    outcome,
    ...(hasCertificates ? [certificate] : []),
    code(ids?.clientId),
    code(ids?.agentId),
  ]);
}

/** A table of as many rows as fit, and how many don't; nothing where there are none. */
function fittingTable(
  titles: readonly string[],
  rows: readonly string[],
  bytes: number,
  what: 'agents' | 'certificates',
): readonly (readonly string[])[] {
  const shown = upTo(bytes, rows);
  return rows.length === 0
    ? []
    : [tableOf(titles, shown), [moreNote(rows.length - shown.length, what)]];
}
