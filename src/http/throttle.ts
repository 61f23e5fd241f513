import type { Clock } from './clock.ts';
import type { Limit } from './time-limit.ts';

/** The first gap between requests after a service has asked to slow down, in milliseconds. */
const FIRST_GAP = 25;
const LARGEST_GAP = 1_000;

/** Smaller gaps make no difference. */
const SMALLEST_GAP = 2;

/** Decides for all callers of one service when the next request may be sent. */
export interface Throttle {
  /**
   * Waits until the next request may be sent. Returns false without waiting if that would be too late.
   * `leastTime` is the time that the request itself needs.
   */
  turn(limit: Limit, leastTime: number): Promise<boolean>;
  /** Reports that a request has been answered or has failed. */
  returned(): void;
  succeeded(): void;
  /**
   * Reports that the service asks to retry later, after `asked` if it says when. `wait` is the time
   * before the retry. The request is sent `again` without using up a try, sent as the next `try`, or
   * abandoned (`give-up`).
   */
  postpone(asked: number | undefined, wait: number): 'again' | 'try' | 'give-up';
  /** Until when the service asked callers to wait, in milliseconds since 1970; 0 if it never did. */
  asksUntil(): number;
}

/** Creates a throttle for one service: full speed until the service asks to slow down. */
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
        // The service may have asked for more time in the meantime.
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
      // Requests that were sent in parallel are rejected together: they count once.
      if (now >= opensAt) gap = Math.min(Math.max(gap * 2, FIRST_GAP), LARGEST_GAP);
      opensAt = Math.max(opensAt, now + wait);
      return 'try';
    },
  };
}
