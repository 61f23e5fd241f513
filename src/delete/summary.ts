import { code, document, MOST_SHOWN, upTo } from '../markdown.ts';
import type { EndFate } from './delete.ts';

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOf(
  fates: readonly EndFate[],
  { dryRun }: { readonly dryRun: boolean },
): string {
  const failed = fates.filter(({ failure }) => failure !== undefined);
  const others = fates.filter(({ failure }) => failure === undefined);
  const rows = [...failed, ...others].map(rowOf);
  const shown = upTo(MOST_SHOWN, rows);
  const left = rows.length - shown.length;
  return document([
    `### ${failed.length > 0 ? '❌' : '✅'} Insights Hub agents: ${countsOf(fates)}`,
    '',
    dryRun ? 'Dry run: everything was looked up, nothing was changed.' : '',
    '',
    '| Agent | Result | Client id | Agent id |',
    '| --- | --- | --- | --- |',
    ...shown,
    '',
    left > 0 ? `${left} more agents have no room here; the log has all of them.` : '',
    '',
    failed.length > 0 ? 'The log says why, and what to do.' : '',
    '',
    dryRun ? '' : 'No source says that ending an agent makes its certificate invalid.',
  ]);
}

/** How many agents came to each end, failures first. */
function countsOf(fates: readonly EndFate[]): string {
  const results = ['failed', 'deleted', 'absent', 'would-delete'] as const;
  const counted = results.map((result) => {
    const count = fates.filter((fate) => fate.result === result).length;
    return count === 0 ? '' : `${count} ${RESULTS[result]}`;
  });
  return counted.filter(Boolean).join(', ');
}

function rowOf({ name, clientId, agentId, result, removed, failure }: EndFate): string {
  const outcome = failure === undefined ? RESULTS[result] : `failed: ${code(failure.code)}`;
  const gone = removed.map(({ kind, name: setting, place }) => {
    return `${kind} ${code(setting)} of ${code(place)} is gone`;
  });
  const cells = [code(name), [outcome, ...gone].join('<br>'), code(clientId), code(agentId)];
  return `| ${cells.join(' | ')} |`;
}

const RESULTS: Readonly<Record<EndFate['result'], string>> = {
  deleted: 'ended',
  absent: 'not there',
  failed: 'failed',
  'would-delete': 'would be ended',
};
