import type { Measured } from '../../bench/job/job.ts';

const NONE = { requests: 0, connections: 0 };

/** Runs as a bench would have found them: three of each, of which the middle one counts. */
export const measured: readonly Measured[] = [
  ...three({ scenario: 'node', variant: 'action', roundTrip: 50, wall: 40, ...NONE }),
  ...three({ scenario: 'failing', variant: 'action', roundTrip: 50, wall: 80, ...NONE }),
  ...three({ scenario: 'post', variant: 'action', roundTrip: 50, wall: 120, ...NONE }),
  ...[0, 50].flatMap((roundTrip) => [
    ...whole('files', 'action', roundTrip, 60 + 4 * roundTrip, 2, 2),
    ...whole('files', 'lean', roundTrip, 60 + 5 * roundTrip, 2, 2),
    ...whole('secrets', 'action', roundTrip, 98.6 + 5 * roundTrip, 5, 4),
  ]),
];

function three(run: Measured): readonly Measured[] {
  return [run, { ...run, wall: run.wall + 10 }, { ...run, wall: run.wall - 8 }];
}

function whole(
  scenario: Measured['scenario'],
  variant: Measured['variant'],
  roundTrip: number,
  wall: number,
  requests: number,
  connections: number,
): readonly Measured[] {
  return three({ scenario, variant, roundTrip, wall, requests, connections });
}
