import fc, { type IAsyncProperty } from 'fast-check';

/** How much a property is tried, and where that begins. */
export interface Effort {
  readonly runs: number;
  /** what the test may take, in milliseconds */
  readonly timeout: number;
}

/** Leaves time to report what was found, in milliseconds. */
const RESERVE = 20_000;

/** Reads the number of runs from a variable. Each may take so many milliseconds at most. */
export function effortOf(variable: string, usual: number, perRun: number): Effort {
  const runs = Number(process.env[variable] ?? usual);
  return { runs, timeout: 60_000 + runs * perRun };
}

/**
 * Tries a property, and prints the seed. A failure also prints a path: with both in `LEAK_SEED` and
 * `LEAK_PATH`, exactly that failure is repeated. Shrinking stops when the time is over.
 */
export async function tryOut<T>(
  property: IAsyncProperty<T>,
  { runs, timeout }: Effort,
): Promise<void> {
  const seed = Number(process.env['LEAK_SEED'] ?? Date.now() % 2 ** 31);
  const path = process.env['LEAK_PATH'];
  console.info(`${runs} runs with LEAK_SEED=${seed}`);
  await fc.assert(property, {
    numRuns: runs,
    seed,
    ...(path !== undefined && { path }),
    interruptAfterTimeLimit: timeout - RESERVE,
    markInterruptAsFailure: true,
  });
}
