import type { Clock } from '../http/clock.ts';
import { PATIENCE, type Throttle } from '../http/retry.ts';
import type { Limit } from '../http/time-limit.ts';

/** So many requests at most within any so many seconds. */
export interface Window {
  readonly count: number;
  readonly seconds: number;
}

/** The calls that have a quota of their own; all others share `other`. */
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
 * and Agent Management. For creating, an input can say otherwise.
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

/** A pause when the service asks for one without saying how long, in milliseconds. */
const USUAL_PAUSE = 30_000;

/** The pause when it asks to come back at once. */
const LEAST_PAUSE = 1_000;

/** What a success adds to the rate, and the least rate that is left, as parts of the quota. */
const RECOVERY = 0.35;
const LEAST_RATE = 1 / 64;

export interface QuotaOptions {
  readonly clock: Clock;
  /** whether waiting counts in the time limit of whoever waits, and there is no other patience */
  readonly countsWaiting: boolean;
}

export function hubQuotas(options: QuotaOptions, create = WINDOWS.create): Quotas {
  const kinds = Object.entries({ ...WINDOWS, create });
  return Object.fromEntries(
    kinds.map(([kind, those]) => [kind, quotaOf(those, options)]),
  ) as unknown as Quotas;
}

/**
 * Keeps one kind of call within its windows. When the service asks to slow down, the whole kind
 * pauses, and goes on at half the rate; successes bring it back. A refused request uses up no try.
 */
export function quotaOf(all: readonly Window[], options: QuotaOptions): Throttle {
  return new Quota(all, options);
}

class Quota implements Throttle {
  readonly #windows: readonly Window[];
  readonly #clock: Clock;
  readonly #countsWaiting: boolean;
  /** when requests came back, in order; those under way are not among them */
  #returned: number[] = [];
  #underWay = 0;
  #opensAt = 0;
  #rate = 1;
  /** whether the service has refused since the last success: then one request goes ahead */
  #isProbing = false;
  /** pauses since the last success, in milliseconds; none counts less than the usual one */
  #waited = 0;
  /** resolves when a request comes back */
  #change = Promise.withResolvers<void>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(all: readonly Window[], { clock, countsWaiting }: QuotaOptions) {
    this.#windows = all;
    this.#clock = clock;
    this.#countsWaiting = countsWaiting;
  }

  async turn(limit: Limit, leastTime: number): Promise<boolean> {
    // The wait for those before it counts as little as its own.
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
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  succeeded(): void {
    this.#isProbing = false;
    this.#waited = 0;
    this.#rate = Math.min(1, this.#rate + RECOVERY);
  }

  postpone(asked: number | undefined): 'again' | 'give-up' {
    const now = this.#clock.now();
    const opensAt = Math.max(this.#opensAt, now + Math.max(asked ?? USUAL_PAUSE, LEAST_PAUSE));
    // Requests that were out together are refused together: that is one wish, not many.
    const isNew = now >= this.#opensAt;
    this.#isProbing = true;
    // Short pauses must use up the patience, too: the lower rate makes them longer than they look.
    const least = this.#windows.length > 0 ? USUAL_PAUSE : 0;
    this.#waited += isNew ? Math.max(opensAt - now, least) : opensAt - this.#opensAt;
    if (this.#waited > PATIENCE && !this.#countsWaiting) {
      // Without a pause, so that each of the others has its one try, and none waits for nothing.
      this.#rate = 1;
      return 'give-up';
    }
    if (isNew) this.#rate = Math.max(LEAST_RATE, this.#rate / 2);
    this.#opensAt = opensAt;
    return 'again';
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

  /** Whether the next turn is known to come too late for a limit that waiting counts in. */
  #isTooLate(limit: Limit, leastTime: number): boolean {
    const at = this.#freeAt();
    const wait = at - this.#clock.now();
    // Nobody knows when a request that is under way comes back.
    if (!this.#countsWaiting || wait <= 0 || !Number.isFinite(at)) return false;
    return wait + leastTime >= limit.remaining();
  }

  /** When the next request may be sent: never, until one that is under way comes back. */
  #freeAt(): number {
    const now = this.#clock.now();
    const longest = Math.max(0, ...this.#windows.map(({ seconds }) => seconds)) / LEAST_RATE;
    this.#returned = this.#returned.filter((time) => time + longest * 1000 > now);
    const all = this.#windows.map((window) => slowed(window, this.#rate));
    const free = all.map(({ count, seconds }) => {
      if (this.#underWay >= (this.#isProbing ? 1 : count)) return Number.POSITIVE_INFINITY;
      // The service counts a request when it arrives: that is before it comes back.
      const before = this.#returned.at(this.#underWay - count);
      return before === undefined ? 0 : before + seconds * 1000;
    });
    return Math.max(this.#opensAt, ...free);
  }
}

/** A part of the window: fewer requests, or one in a longer time. */
function slowed({ count, seconds }: Window, rate: number): Window {
  const part = count * rate;
  return part < 1 ? { count: 1, seconds: seconds / part } : { count: Math.floor(part), seconds };
}

/** Waits for something that never fails, but no longer than the signal allows. */
async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  signal.addEventListener('abort', end);
  if (!signal.aborted) await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', end);
}

/** How long so many calls take at the least, in seconds. */
export function timeFor(calls: number, all: readonly Window[]): number {
  const times = all.map(
    ({ count, seconds }) => Math.max(0, Math.ceil(calls / count) - 1) * seconds,
  );
  return Math.max(0, ...times);
}
