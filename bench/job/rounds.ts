import type { Network } from '../network/network.ts';
import type { Job, Measured } from './job.ts';

export interface RoundSettings {
  readonly rounds: number;
  /** in milliseconds */
  readonly roundTrips: readonly number[];
  /** called after each round */
  readonly onRound: (round: number) => void;
}

/**
 * Runs all jobs at all distances, in turn, in every round, so that changes on the machine over time
 * affect all of them alike. Every other round runs backwards. A first round does not count: it fills
 * the caches.
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
