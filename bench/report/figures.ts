import type { Measured, Scenario, Variant } from '../job/job.ts';
import { median, quartiles } from './statistics.ts';

/** How long a job took, in milliseconds: the median, and the quartiles. */
export interface Figure {
  readonly median: number;
  readonly quartiles: readonly [number, number];
}

/** A selection of runs: at one distance, in milliseconds of round trip, or at any. */
export interface Which {
  readonly scenario: Scenario;
  readonly variant: Variant;
  readonly roundTrip?: number;
}

/** How many round trips depend on one another: token (TCP, TLS 1.3, request), create, push. */
export const ROUND_TRIPS = { files: 4, secrets: 5 } as const;

/** How long a job took; undefined if it was not run. */
export function figureOf(measured: readonly Measured[], which: Which): Figure | undefined {
  const walls = runsOf(measured, which).map(({ wall }) => wall);
  if (walls.length === 0) return undefined;
  return { median: median(walls), quartiles: quartiles(walls) };
}

/** The shortest time that a job can take at a distance: Node's start plus the network. */
export function limitOf(
  measured: readonly Measured[],
  scenario: keyof typeof ROUND_TRIPS,
  roundTrip: number,
): number {
  const start = figureOf(measured, { scenario: 'node', variant: 'action' })?.median ?? Number.NaN;
  return start + ROUND_TRIPS[scenario] * roundTrip;
}

/** The most requests, or connections, that any run of a job made; undefined if it was not run. */
export function mostOf(
  measured: readonly Measured[],
  which: Which,
  what: 'requests' | 'connections',
): number | undefined {
  const counts = runsOf(measured, which).map((run) => run[what]);
  return counts.length === 0 ? undefined : Math.max(...counts);
}

/** How many times as long; undefined if one of the two is. */
export function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : part / whole;
}

function runsOf(measured: readonly Measured[], which: Which): readonly Measured[] {
  return measured.filter(
    ({ scenario, variant, roundTrip }) =>
      scenario === which.scenario &&
      variant === which.variant &&
      (which.roundTrip === undefined || which.roundTrip === roundTrip),
  );
}
