import type { Measured, Scenario, Variant } from '../job/job.ts';
import { figureOf, limitOf, mostOf, ratio } from './figures.ts';
import { tableOf } from './table.ts';

/** A target: the measured value may be at most this. */
export interface Target {
  readonly what: string;
  readonly atMost: number;
  /** missing if it could not be measured here */
  readonly measured: number | undefined;
  readonly digits: number;
}

/** The distance that the targets are for, in milliseconds of round trip. */
const AT = 50;
const MEGABYTE = 1_000_000;

/** All targets, with the measured values. Bytes are those of `dist/` without licences. */
export function targetsOf(measured: readonly Measured[], bytes: number): readonly Target[] {
  const wall = (scenario: Scenario, variant: Variant = 'action') =>
    figureOf(measured, { scenario, variant, roundTrip: AT })?.median;
  const start = (scenario: Scenario) =>
    ratio(
      figureOf(measured, { scenario, variant: 'action' })?.median,
      figureOf(measured, { scenario: 'node', variant: 'action' })?.median,
    );
  const limit = (scenario: 'files' | 'secrets') => limitOf(measured, scenario, AT);
  const most = (scenario: Scenario, what: 'requests' | 'connections') =>
    mostOf(measured, { scenario, variant: 'action' }, what);
  const share = (what: string, atMost: number, value: number | undefined): Target => ({
    ...{ what, atMost, measured: value, digits: 2 },
  });
  const count = (what: string, atMost: number, value: number | undefined): Target => ({
    ...{ what, atMost, measured: value, digits: 0 },
  });
  const lean = ratio(wall('secrets'), wall('secrets', 'lean'));
  return [
    share(`files, ${AT} ms: wall ÷ limit`, 1.25, ratio(wall('files'), limit('files'))),
    share('the same ÷ the lean script', 0.92, ratio(wall('files'), wall('files', 'lean'))),
    share(`two secrets, ${AT} ms: wall ÷ limit`, 1.3, ratio(wall('secrets'), limit('secrets'))),
    share('the same ÷ the lean script with `gh secret set`', 0.45, lean),
    share('failing fast on missing inputs ÷ `node -e 0`', 2.5, start('failing')),
    share('post step with nothing to do ÷ `node -e 0`', 2.5, start('post')),
    share('`dist/` without licences, in MB', 1.5, bytes / MEGABYTE),
    count('requests: files', 2, most('files', 'requests')),
    count('requests: two secrets', 5, most('secrets', 'requests')),
    count('connections: files', 2, most('files', 'connections')),
    count('connections: two secrets', 4, most('secrets', 'connections')),
  ];
}

export function targetTable(targets: readonly Target[]): readonly string[] {
  const rows = targets.map(({ what, atMost, measured, digits }) => [
    what,
    atMost.toFixed(digits),
    measured?.toFixed(digits) ?? 'not measured',
    verdictOf(atMost, measured),
  ]);
  return tableOf(['target', 'at most', 'measured', 'met'], rows);
}

/** Judged by the exact figure, not by the rounded one. */
function verdictOf(atMost: number, measured: number | undefined): string {
  if (measured === undefined) return '';
  return measured <= atMost ? 'yes' : 'no';
}
