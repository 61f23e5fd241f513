import type { Parameters } from 'fast-check';

/** How much a property is tried: runs, and where they begin. */
export interface Effort {
  readonly runs: number;
  readonly parameters: Parameters<unknown>;
  /** what a test may take, in milliseconds */
  readonly timeout: number;
}

/**
 * Reads the number of runs from a variable, and `LEAK_SEED` and `LEAK_PATH`, which a failure prints
 * and which repeat it.
 */
export function effortOf(variable: string, usual: number, perRun: number): Effort {
  const runs = Number(process.env[variable] ?? usual);
  const seed = Number(process.env['LEAK_SEED'] ?? Date.now() % 2 ** 31);
  const path = process.env['LEAK_PATH'];
  return {
    runs,
    parameters: { numRuns: runs, seed, ...(path !== undefined && { path }) },
    timeout: 60_000 + runs * perRun,
  };
}
