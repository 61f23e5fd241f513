import type { Clock } from '../http/clock.ts';
import { PATIENCE } from '../http/retry.ts';
import type { Throttle } from '../http/throttle.ts';
import type { Limit } from '../http/time-limit.ts';

/** At most `count` requests within any `seconds`. */
export interface Window {
  readonly count: number;
  readonly seconds: number;
}

/** The calls that have their own quota; all others share `other`. */
export type QuotaKind =
  | 'create'
  | 'find-agent'
  | 'delete-agent'
  | 'list-certificates'
  | 'delete-certificate'
  | 'other';

export type Quotas = Readonly<Record<QuotaKind, Throttle>>;

/**
 * The quotas of small tenants (size XS), per tenant: the published rate limits of MindConnect MQTT
 * and Agent Management. An input can change the one for creating.
 */
export const WINDOWS: Readonly<Record<QuotaKind, readonly Window[]>> = {
  create: windows([10, 30]),
  'find-agent': windows([10, 30], [40, 180]),
  'delete-agent': windows([10, 30], [20, 180]),
  'list-certificates': windows([30, 30], [40, 60]),
  'delete-certificate': windows([5, 30], [20, 60]),
  other: [],
};

function windows(...given: readonly (readonly [count: number, seconds: number])[]) {
  return given.map(([count, seconds]): Window => ({ count, seconds }));
}

/** The pause if the service asks for one without saying how long, in milliseconds. */
const USUAL_PAUSE = 30_000;

/** The pause if it asks to retry immediately. */
const LEAST_PAUSE = 1_000;

/*
 * A service that rejects calls within the quota has other callers as well. From then on, they are left
 * a tenth of it, so that no caller is locked out. How much a window without a rejection restores, and
 * how low the rate may fall (or to one request in two windows), are also parts of the quota. All three
 * values come from a simulation.
 */
const SHARED_RATE = 0.9;
const RECOVERY = 0.3;
const LOWEST_RATE = 1 / 8;

/** The most that a lower rate adds to the wait for one request, in seconds. */
const LONGEST_DELAY = 210;

export interface QuotaOptions {
  readonly clock: Clock;
  /** whether waiting counts toward the caller's time limit, with no other patience */
  readonly countsWaiting: boolean;
}

export function hubQuotas(options: QuotaOptions, create = WINDOWS.create): Quotas {
  const kinds = Object.entries({ ...WINDOWS, create });
  return Object.fromEntries(
    kinds.map(([kind, those]) => [kind, quotaOf(those, options)]),
  ) as unknown as Quotas;
}

/**
 * Keeps one kind of call within its windows. When the service asks to slow down, all calls of the
 * kind pause and then continue at half the rate, and successes restore it. A rejected request uses
 * up no try.
 */
export function quotaOf(all: readonly Window[], options: QuotaOptions): Throttle {
  return new Quota(all, options);
}

class Quota implements Throttle {
  readonly #windows: readonly Window[];
  readonly #smallestCount: number;
  readonly #largestCount: number;
  readonly #clock: Clock;
  readonly #countsWaiting: boolean;
  /** when the latest requests came back, in order; without those still under way */
  readonly #returned: number[] = [];
  #underWay = 0;
  #opensAt = 0;
  #askedUntil = 0;
  /** the part of the quota that is used now, and its upper limit */
  #rate = 1;
  #highestRate = 1;
  /** successes since the last rejection: until they fill a window, requests go one by one */
  #successes = Number.POSITIVE_INFINITY;
  /** the sum of pauses since the last success, in milliseconds; each counts at least as a usual one */
  #waited = 0;
  /** resolves when a request comes back */
  #change = Promise.withResolvers<void>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(all: readonly Window[], { clock, countsWaiting }: QuotaOptions) {
    this.#windows = all;
    const counts = all.map(({ count }) => count);
    this.#smallestCount = Math.min(...counts);
    this.#largestCount = Math.max(0, ...counts);
    this.#clock = clock;
    this.#countsWaiting = countsWaiting;
  }

  async turn(limit: Limit, leastTime: number): Promise<boolean> {
    // Waiting for earlier callers counts no more than waiting for its own turn.
    const resume = this.#countsWaiting ? undefined : limit.pause();
    const before = this.#lastTurn;
    const done = Promise.withResolvers<void>();
    this.#lastTurn = before.then(() => done.promise);
    try {
      if (this.#isTooLate(limit, leastTime)) return false;
      await unlessAborted(before, limit.signal);
      return await this.#wait(limit, leastTime);
    } finally {
      done.resolve();
      resume?.();
    }
  }

  returned(): void {
    this.#underWay -= 1;
    this.#returned.push(this.#clock.now());
    if (this.#returned.length > this.#largestCount) this.#returned.shift();
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  succeeded(): void {
    this.#successes += 1;
    this.#waited = 0;
    const inWindow = Math.max(1, Math.floor(this.#smallestCount * this.#rate));
    this.#rate = Math.min(this.#highestRate, this.#rate + RECOVERY / inWindow);
  }

  postpone(asked: number | undefined): 'again' | 'give-up' {
    const now = this.#clock.now();
    if (asked !== undefined) this.#askedUntil = Math.max(this.#askedUntil, now + asked);
    const opensAt = Math.max(this.#opensAt, now + Math.max(asked ?? USUAL_PAUSE, LEAST_PAUSE));
    // Requests that were out together are rejected together: that counts as one.
    const isNew = now >= this.#opensAt;
    if (isNew) this.#slowDown();
    // Short pauses use up the patience as well; waiting for a turn at the lower rate does not.
    const least = this.#windows.length > 0 ? USUAL_PAUSE : 0;
    this.#waited += isNew ? Math.max(opensAt - now, least) : opensAt - this.#opensAt;
    if (this.#waited > PATIENCE && !this.#countsWaiting) {
      // Without a pause, so that each of the others has one try, and none waits for nothing.
      this.#rate = 1;
      return 'give-up';
    }
    this.#opensAt = opensAt;
    return 'again';
  }

  asksUntil(): number {
    return this.#askedUntil;
  }

  #slowDown(): void {
    this.#successes = 0;
    this.#highestRate = SHARED_RATE;
    const lowest = Math.min(LOWEST_RATE, 1 / (2 * this.#smallestCount));
    this.#rate = Math.max(lowest, this.#rate / 2);
  }

  async #wait(limit: Limit, leastTime: number): Promise<boolean> {
    const { signal } = limit;
    for (let at = this.#freeAt(); at > this.#clock.now(); at = this.#freeAt()) {
      if (signal.aborted || this.#isTooLate(limit, leastTime)) return false;
      if (Number.isFinite(at)) {
        await this.#clock.sleep(at - this.#clock.now(), signal);
      } else {
        await unlessAborted(this.#change.promise, signal);
      }
    }
    if (signal.aborted) return false;
    this.#underWay += 1;
    return true;
  }

  /** Whether waiting counts toward the limit and the next turn certainly comes too late. */
  #isTooLate(limit: Limit, leastTime: number): boolean {
    const at = this.#freeAt();
    const wait = at - this.#clock.now();
    // It is unknown when a request under way comes back.
    if (!this.#countsWaiting || wait <= 0 || !Number.isFinite(at)) return false;
    return wait + leastTime >= limit.remaining();
  }

  /** When the next request may be sent; infinite while it has to wait for one under way. */
  #freeAt(): number {
    const isCareful = this.#successes < this.#smallestCount;
    const slow = this.#windows.map((window) => slowed(window, this.#rate));
    const free = slow.map(({ count, seconds }) => {
      if (this.#underWay >= (isCareful ? 1 : count)) return Number.POSITIVE_INFINITY;
      // The service counts a request on arrival, which is before it comes back.
      const before = this.#returned.at(this.#underWay - count);
      return before === undefined ? 0 : before + seconds * 1000;
    });
    return Math.max(this.#opensAt, ...free);
  }
}

/** A part of the window: fewer requests, or one in a longer time. */
function slowed({ count, seconds }: Window, rate: number): Window {
  const part = count * rate;
  if (part >= 1) return { count: Math.floor(part), seconds };
  return { count: 1, seconds: Math.min(seconds / part, seconds + LONGEST_DELAY) };
}

/** Waits for a promise that never rejects, but not longer than the signal allows. */
async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  signal.addEventListener('abort', end);
  if (!signal.aborted) await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', end);
}

/** The least time that this many calls take, in seconds. */
export function timeFor(calls: number, all: readonly Window[]): number {
  const times = all.map(
    ({ count, seconds }) => Math.max(0, Math.ceil(calls / count) - 1) * seconds,
  );
  return Math.max(0, ...times);
}
