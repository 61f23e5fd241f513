import type { Measured, Scenario, Variant } from '../job/job.ts';
import { NEEDED, type Tools } from '../job/tools.ts';
import type { Usage } from '../processes/action-process.ts';
import { type Figure, figureOf, limitOf, mostOf, ROUND_TRIPS, ratio } from './figures.ts';
import { describeMachine } from './machine.ts';
import { distancesOf, type Plot } from './plots.ts';
import { tableOf } from './table.ts';
import { targetsOf, targetTable } from './targets.ts';

/** All results of one run of the bench. */
export interface Findings {
  readonly measured: readonly Measured[];
  readonly rounds: number;
  readonly tools: Tools;
  /** of `dist/`, without licences */
  readonly bytes: number;
  /** CPU time and memory of the action in a whole job without distance */
  readonly usage: Readonly<Record<'files' | 'secrets', Usage>>;
  /** measurements of fleets, in Markdown; empty if none were created */
  readonly fleets: readonly string[];
  /** counts of what fleets print, in Markdown; empty if none were created */
  readonly log: readonly string[];
}

type Part = readonly string[];

/** The page of results. Of the machine, it has only the description. */
export function resultsPage(findings: Findings, plots: readonly Plot[]): string {
  const { measured, bytes, fleets, log } = findings;
  const [files, secrets, startUp] = plots.map(({ name, alt }) => `![${alt}](${name})`);
  return [
    ...[
      '# Speed',
      '',
      '`npm run bench` wrote this page and its plots. The last section says how it measures.',
      '',
    ],
    ...[...describeMachine(findings.tools), `- Rounds: ${findings.rounds}, interleaved`, ''],
    ...['## Targets', '', ...targetTable(targetsOf(measured, bytes)), ''],
    ...['## The whole job', '', `${files}`, '', `${secrets}`, ''],
    ...wholeJobs(findings),
    ...['## Start-up', '', `${startUp}`, '', ...startUps(measured), ''],
    ...['## Requests, connections, memory', '', ...costs(findings), ''],
    ...(fleets.length > 0 ? ['## Fleets', '', ...fleets, '', FLEET_NOTE, ''] : []),
    ...(log.length > 0 ? ['## Masks and log lines', '', ...log, '', LOG_NOTE, ''] : []),
    ...HOW,
  ].join('\n');
}

function wholeJobs({ measured, tools }: Findings): Part {
  return (['files', 'secrets'] as const).flatMap((scenario) => [
    `${scenario === 'files' ? 'Files' : 'Two repository secrets'}, in ms:`,
    '',
    ...wholeJob(measured, scenario),
    '',
    ...lackingFor(scenario, tools),
  ]);
}

/** Says why scripts are missing, if they are. */
function lackingFor(scenario: 'files' | 'secrets', tools: Tools): Part {
  const lacking = NEEDED[scenario].filter((name) => tools[name] === undefined);
  if (lacking.length === 0) return [];
  return [`No script was measured: ${lacking.join(', ')} not installed.`, ''];
}

/** The time of each variant at each distance, also as a multiple of the limit. */
export function wholeJob(measured: readonly Measured[], scenario: 'files' | 'secrets'): Part {
  const header = ['round trip', 'limit', 'action', '÷ limit', 'lean', 'action ÷ lean'];
  const rows = distancesOf(measured).map((roundTrip) => {
    const of = (variant: Variant) => figureOf(measured, { scenario, variant, roundTrip });
    const [action, lean, usual] = [of('action'), of('lean'), of('usual')];
    const limit = limitOf(measured, scenario, roundTrip);
    return [
      `${roundTrip} ms`,
      limit.toFixed(0),
      withSpread(action),
      times(ratio(action?.median, limit)),
      withSpread(lean),
      times(ratio(action?.median, lean?.median)),
      withSpread(usual),
      times(ratio(action?.median, usual?.median)),
    ];
  });
  return tableOf([...header, 'usual', 'action ÷ usual'], rows);
}

function startUps(measured: readonly Measured[]): Part {
  const node = figureOf(measured, { scenario: 'node', variant: 'action' });
  const rows: readonly (readonly [string, Scenario])[] = [
    ['`node -e 0`', 'node'],
    ['failing fast on missing inputs', 'failing'],
    ['post step with nothing to do', 'post'],
  ];
  return tableOf(
    ['what', 'ms', '÷ `node -e 0`'],
    rows.map(([name, scenario]) => {
      const figure = figureOf(measured, { scenario, variant: 'action' });
      return [name, withSpread(figure), times(ratio(figure?.median, node?.median))];
    }),
  );
}

function costs({ measured, usage, bytes }: Findings): Part {
  const scenarios = ['files', 'secrets'] as const;
  const rows = scenarios.flatMap((scenario) =>
    (['action', 'lean', 'usual'] as const).map((variant) => {
      const most = (what: 'requests' | 'connections') =>
        String(mostOf(measured, { scenario, variant }, what) ?? NONE);
      const { peakMemory, cpu } = usage[scenario];
      const own = variant === 'action' ? [peakMemory.toFixed(0), cpu.toFixed(0)] : [NONE, NONE];
      return [`${scenario}, ${variant}`, most('requests'), most('connections'), ...own];
    }),
  );
  return [
    ...tableOf(['job', 'requests', 'connections', 'peak MiB', 'CPU ms'], rows),
    '',
    `\`dist/\` has ${bytes} bytes, without licences.`,
  ];
}

/** The same jobs with another build, beside this one. */
export function comparison(measured: readonly Measured[]): Part {
  const scenarios = ['failing', 'post', 'files', 'secrets'] as const;
  const rows = scenarios.flatMap((scenario) => {
    const starts = scenario === 'failing' || scenario === 'post';
    return (starts ? [undefined] : distancesOf(measured)).map((roundTrip) => {
      const which = { scenario, ...(roundTrip !== undefined && { roundTrip }) };
      const ours = figureOf(measured, { ...which, variant: 'action' });
      const other = figureOf(measured, { ...which, variant: 'other' });
      const name = roundTrip === undefined ? scenario : `${scenario}, ${roundTrip} ms`;
      const share = times(ratio(ours?.median, other?.median));
      return [name, withSpread(ours), withSpread(other), share];
    });
  });
  return tableOf(['job', 'this build', 'the other', 'this ÷ other'], rows);
}

const NONE = '–';

function withSpread(figure: Figure | undefined): string {
  if (figure === undefined) return NONE;
  const [low, high] = figure.quartiles;
  return `${figure.median.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`;
}

function times(value: number | undefined): string {
  return value?.toFixed(2) ?? NONE;
}

const FLEET_NOTE =
  'Ideal: only the latency of the creates, agents ÷ in flight × latency. Bare: a client that sends only the creates, on the same machine at about the same time. Measured: the action without its start-up. Ratio: measured ÷ ideal.';

const LOG_NOTE =
  "Each mask command takes the runner time, and the runner searches each shown line, in this step and all later ones of the job, for all masks. On GitHub's own runner, one command contains all masks of a key. Other runners don't split it, so they get one command per mask.";

const HOW: Part = [
  '## How it is measured',
  '',
  '- Times are from the start of a process to its end: medians, with quartiles in brackets. In every round, all jobs run in turn; every other round runs backwards. Ratios are of medians.',
  '- Token service, gateway and GitHub are embedded servers with TLS 1.3, at three loopback addresses. After each run, a check makes sure that a key and its certificate are in files or secrets.',
  '- A relay in a separate process simulates the distance. It delays both directions by half a round trip, and the first bytes of a connection by one more, for opening it. Linux netem is not used, because it needs privileges and a module that many machines lack.',
  `- The limit is the median of \`node -e 0\` plus the round trips that depend on one another: ${ROUND_TRIPS.files} for files (token: TCP, TLS, request; create on an open connection), ${ROUND_TRIPS.secrets} with secrets (both pushed at the same time). It includes no work by the action or the services.`,
  "- The lean script runs curl, curl, jq and awk, once each. The usual one runs jq for each field. For secrets, both then call `gh secret set` twice. They trust only one root certificate, with `--cacert` and `SSL_CERT_FILE`, and so start faster than with a system's whole list. The action loads Node's list, and that certificate with `NODE_EXTRA_CA_CERTS`.",
  '- Environments contain only what a job needs. Memory and CPU time come from separate runs, because measuring them takes time.',
  '',
];
