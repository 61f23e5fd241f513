import type { Network } from '../network/network.ts';
import type { Job, Measured } from './job.ts';

export interface RoundSettings {
  readonly rounds: number;
  /** in milliseconds */
  readonly roundTrips: readonly number[];
  /** is told of each round that is over */
  readonly onRound: (round: number) => void;
}

/**
 * Does all jobs at all distances, in turn, in every round, so that what changes on the machine over
 * time is the same for all. Every other round goes backwards. A first round does not count: caches
 * are filled in it.
 */
export async function runRounds(
  network: Network,
  jobs: readonly Job[],
  { rounds, roundTrips, onRound }: RoundSettings,
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const job of jobs) await job.run();
  for (let round = 1; round <= rounds; round++) {
    for (const roundTrip of roundTrips) {
      await network.setRoundTrip(roundTrip);
      for (const job of round % 2 === 0 ? jobs.toReversed() : jobs) {
        const { scenario, variant } = job;
        measured.push({ scenario, variant, roundTrip, ...(await job.run()) });
      }
    }
    onRound(round);
  }
  return measured;
}
