import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from './retry.ts';

/** The machine's time and chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }).catch(() => {}),
};
