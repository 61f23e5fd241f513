import type { Clock, Pace } from './retry.ts';

/** Requests are this far apart after a service has asked to slow down, in milliseconds; then more. */
const FIRST_GAP = 25;
const LARGEST_GAP = 1_000;

/** A gap that is smaller makes no difference any more. */
const SMALLEST_GAP = 2;

/** A pace of its own for one service: full speed, until the service asks to slow down. */
export function paceOf(clock: Clock): Pace {
  let gap = 0;
  let opensAt = 0;
  let nextAt = 0;
  return {
    async turn(limit, leastTime) {
      for (;;) {
        const now = clock.now();
        const at = Math.max(now, opensAt, nextAt);
        if (at > now && at - now + leastTime >= limit.remaining()) return false;
        nextAt = at + gap;
        if (at === now) return true;
        await clock.sleep(at - now, limit.signal);
        if (limit.signal.aborted) return false;
        // Meanwhile the service may have asked for more time.
        if (opensAt <= at) return true;
      }
    },
    slowDown(milliseconds) {
      const now = clock.now();
      // Requests that were out together are refused together: that is one wish, not many.
      if (now >= opensAt) gap = Math.min(Math.max(gap * 2, FIRST_GAP), LARGEST_GAP);
      opensAt = Math.max(opensAt, now + milliseconds);
    },
    speedUp() {
      if (gap === 0) return;
      gap *= 0.95;
      if (gap < SMALLEST_GAP) gap = 0;
    },
  };
}
