import { setTimeout as wait } from 'node:timers/promises';

/** Time and chance, passed in so that decisions can be tested. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** from 0 up to 1 */
  random(): number;
  /** Resolves after the time, or at once when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }).catch(() => {}),
};
