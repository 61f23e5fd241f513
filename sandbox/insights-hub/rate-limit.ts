/** How many calls a service lets through. */
export interface RateLimit {
  readonly perSecond: number;
  /** how many calls are let through at the same time after a pause */
  readonly burst: number;
}

/** A token bucket, as gateways use to limit calls. */
export class TokenBucket {
  readonly #limit: RateLimit;
  readonly #now: () => number;
  #level: number;
  #at: number;

  /** `now` returns the time in milliseconds. */
  constructor(limit: RateLimit, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
    this.#level = limit.burst;
    this.#at = now();
  }

  /** Lets a call through, or returns how many whole seconds to wait before the next one. */
  take(): number | undefined {
    const { perSecond, burst } = this.#limit;
    const now = this.#now();
    this.#level = Math.min(burst, this.#level + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (this.#level < 1) return Math.ceil((1 - this.#level) / perSecond);
    this.#level -= 1;
    return undefined;
  }
}
