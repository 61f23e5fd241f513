import { setTimeout as wait } from 'node:timers/promises';

/** Time and random numbers, passed in so that decisions can be tested. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** from 0 to less than 1 */
  random(): number;
  /** Resolves after the time, or as soon as the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }).catch(() => {}),
};
