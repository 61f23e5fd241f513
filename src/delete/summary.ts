import { code, document } from '../markdown.ts';
import type { EndFate } from './delete.ts';

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOf(
  fates: readonly EndFate[],
  { dryRun }: { readonly dryRun: boolean },
): string {
  return document([
    '### Insights Hub agents ended',
    '',
    dryRun ? 'Dry run: everything was looked up, nothing was changed.\n' : '',
    '| Agent | Client id | Agent id | Result |',
    '| --- | --- | --- | --- |',
    ...fates.map(rowOf),
    '',
    dryRun ? '' : 'No source says that ending an agent makes its certificate invalid.',
  ]);
}

function rowOf({ name, clientId, agentId, result, removed, failure }: EndFate): string {
  const outcome = failure === undefined ? RESULTS[result] : `failed: ${code(failure.code)}`;
  const gone = removed.map(({ kind, name: setting, place }) => {
    return `${kind} ${code(setting)} of ${code(place)} is gone`;
  });
  const cells = [code(name), code(clientId), code(agentId), [outcome, ...gone].join('<br>')];
  return `| ${cells.join(' | ')} |`;
}

const RESULTS: Readonly<Record<EndFate['result'], string>> = {
  deleted: 'ended',
  absent: 'was not there',
  failed: 'failed',
  'would-delete': 'would be ended',
};
