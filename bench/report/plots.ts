import type { Measured, Scenario, Variant } from '../job/job.ts';
import { barPlot } from './bar-plot.ts';
import { figureOf, limitOf, ROUND_TRIPS, ratio } from './figures.ts';
import { type Line, linePlot } from './line-plot.ts';

/** A picture, and its description. */
export interface Plot {
  /** file name */
  readonly name: string;
  /** the text for readers who can't see it */
  readonly alt: string;
  readonly svg: string;
}

const NAMES: Readonly<Record<'files' | 'secrets', Readonly<Partial<Record<Variant, string>>>>> = {
  files: { action: 'this action', lean: 'lean script', usual: 'script as usual' },
  secrets: {
    action: 'this action',
    lean: 'lean script, gh twice',
    usual: 'usual script, gh twice',
  },
};

const TITLES = {
  files: 'One agent, key and certificate in files',
  secrets: 'One agent, key and certificate as two repository secrets',
};

/** The whole job at each distance, beside the scripts and the limit. */
export function jobPlot(measured: readonly Measured[], scenario: 'files' | 'secrets'): Plot {
  const roundTrips = distancesOf(measured);
  const limit: Line = {
    name: `limit: Node, ${ROUND_TRIPS[scenario]} round trips`,
    kind: 'limit',
    points: roundTrips.map((x) => ({ x, y: limitOf(measured, scenario, x) })),
  };
  const lines = [...variantLines(measured, scenario, roundTrips), limit];
  const alt = `${TITLES[scenario]}: ${lines.map(inWords).join('; ')}`;
  return {
    name: `${scenario}.svg`,
    alt,
    svg: linePlot({
      title: TITLES[scenario],
      description: alt,
      axes: ['round trip in ms', 'ms from start to end; medians, with quartiles'],
      lines,
    }),
  };
}

function variantLines(
  measured: readonly Measured[],
  scenario: 'files' | 'secrets',
  roundTrips: readonly number[],
): readonly Line[] {
  return (['action', 'lean', 'usual'] as const).flatMap((variant) => {
    const points = roundTrips.flatMap((x) => {
      const figure = figureOf(measured, { scenario, variant, roundTrip: x });
      return figure ? [{ x, y: figure.median, spread: figure.quartiles }] : [];
    });
    const name = NAMES[scenario][variant] ?? variant;
    return points.length > 0 ? [{ name, kind: variant, points }] : [];
  });
}

function inWords({ name, points }: Line): string {
  const values = points.map(({ x, y }) => `${Math.round(y)} ms at ${x} ms`);
  return `${name} ${values.join(', ')}`;
}

/** How long starting and doing nothing takes, as multiples of Node's own start. */
export function startUpPlot(measured: readonly Measured[]): Plot {
  const start = figureOf(measured, { scenario: 'node', variant: 'action' })?.median;
  const rows: readonly (readonly [Scenario, string])[] = [
    ['node', 'node -e 0'],
    ['failing', 'failing fast on missing inputs'],
    ['post', 'post step, nothing to do'],
  ];
  const bars = rows.flatMap(([scenario, name]) => {
    const value = ratio(figureOf(measured, { scenario, variant: 'action' })?.median, start);
    const kind = scenario === 'node' ? ('limit' as const) : ('action' as const);
    return value === undefined ? [] : [{ name, kind, value }];
  });
  const title = 'Start-up, as a multiple of node -e 0';
  const alt = `${title}: ${bars.map(({ name, value }) => `${name} ${value.toFixed(2)}`).join('; ')}`;
  const target = { name: 'at most 2.5', value: 2.5 };
  return { name: 'start-up.svg', alt, svg: barPlot({ title, description: alt, bars, target }) };
}

/** The measured distances, in milliseconds of round trip. */
export function distancesOf(measured: readonly Measured[]): readonly number[] {
  return [...new Set(measured.map(({ roundTrip }) => roundTrip))].sort((a, b) => a - b);
}
