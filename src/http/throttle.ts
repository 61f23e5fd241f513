import type { Clock } from './clock.ts';
import type { Limit } from './time-limit.ts';

/** Requests are this far apart after a service has asked to slow down; then more. */
const FIRST_GAP = 25;
const LARGEST_GAP = 1_000;

/** A smaller gap makes no difference. */
const SMALLEST_GAP = 2;

/** Decides for all that call one service when the next request may be sent. */
export interface Throttle {
  /**
   * Waits until the next request may be sent; gives false at once when that would be too late.
   * `leastTime` is what the request itself needs.
   */
  turn(limit: Limit, leastTime: number): Promise<boolean>;
  /** A request that had its turn came back. */
  returned(): void;
  succeeded(): void;
  /**
   * The service asks to come back later, after `asked` if it says so; `wait` is what a try waits. The
   * request is sent `again` without using up a try, is one more `try`, or is given up.
   */
  postpone(asked: number | undefined, wait: number): 'again' | 'try' | 'give-up';
  /** Until when the service asked all to wait, in milliseconds since 1970; 0 if it never did. */
  asksUntil(): number;
}

/** A throttle for one service: full speed until the service asks to slow down. */
export function throttleOf(clock: Clock): Throttle {
  let gap = 0;
  let opensAt = 0;
  let nextAt = 0;
  let askedUntil = 0;
  return {
    asksUntil: () => askedUntil,
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
    returned() {},
    succeeded() {
      gap *= 0.95;
      if (gap < SMALLEST_GAP) gap = 0;
    },
    postpone(asked, wait) {
      const now = clock.now();
      if (asked !== undefined) askedUntil = Math.max(askedUntil, now + asked);
      // Requests that were out together are refused together: that is one wish, not many.
      if (now >= opensAt) gap = Math.min(Math.max(gap * 2, FIRST_GAP), LARGEST_GAP);
      opensAt = Math.max(opensAt, now + wait);
      return 'try';
    },
  };
}
