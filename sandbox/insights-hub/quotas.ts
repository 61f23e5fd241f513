import type { HubEndpoint } from '../faults.ts';

/** The most requests within a number of seconds. */
export interface QuotaWindow {
  readonly count: number;
  readonly seconds: number;
}

export type Windows = Readonly<Partial<Record<HubEndpoint, readonly QuotaWindow[]>>>;

export const quotaSizes = ['xxs', 'xs', 'off'] as const;
export type QuotaSize = (typeof quotaSizes)[number];

/** Quotas that differ from the published ones, for tests. */
export interface QuotaOptions {
  /** the size of tenant whose quotas apply to endpoints not in `windows`; defaults to `off` */
  readonly size?: QuotaSize;
  readonly windows?: Windows;
  /** whether a rejected request counts as well, which prolongs the wait; defaults to true */
  readonly countsRefused?: boolean;
  /** whether a rejection says how long to wait; defaults to true */
  readonly sendsRetryAfter?: boolean;
}

/** Endpoints that share the quota of another one. */
const COUNTED_AS: Readonly<Partial<Record<HubEndpoint, HubEndpoint>>> = {
  'read-agent': 'find-agent',
  'read-asset': 'find-asset',
};

/**
 * The published quotas by the size of the tenant, from the pages "API rate limits" of MindConnect
 * MQTT, Agent Management and Asset Management. Other calls have none.
 */
export const PUBLISHED: Readonly<Record<QuotaSize, Windows>> = {
  xxs: {
    create: windows([1, 30]),
    'list-certificates': windows([5, 30], [30, 60]),
    'read-certificate': windows([2, 30], [20, 3600]),
    'delete-certificate': windows([1, 30], [10, 60]),
    'find-agent': windows([3, 30], [10, 180]),
    'delete-agent': windows([1, 30], [3, 180]),
  },
  xs: {
    create: windows([10, 30]),
    'list-certificates': windows([30, 30], [40, 60]),
    'read-certificate': windows([30, 30], [40, 3600]),
    'delete-certificate': windows([5, 30], [20, 60]),
    'find-agent': windows([10, 30], [40, 180]),
    'delete-agent': windows([10, 30], [20, 180]),
    'find-asset': windows([4000, 60], [17820, 3600]),
    'delete-asset': windows([446, 60], [1485, 3600]),
  },
  off: {},
};

function windows(...given: readonly (readonly [count: number, seconds: number])[]) {
  return given.map(([count, seconds]): QuotaWindow => ({ count, seconds }));
}

/** The quotas of a tenant, each endpoint with its own. */
export class TenantQuota {
  readonly #counters: ReadonlyMap<string, SlidingWindows>;
  readonly #sendsRetryAfter: boolean;

  constructor(given: QuotaSize | QuotaOptions = 'off') {
    const options = typeof given === 'string' ? { size: given } : given;
    const { size = 'off', sendsRetryAfter = true } = options;
    const all = Object.entries({ ...PUBLISHED[size], ...options.windows });
    this.#counters = new Map(
      all.map(([endpoint, own]) => [endpoint, new SlidingWindows(own, options)]),
    );
    this.#sendsRetryAfter = sendsRetryAfter;
  }

  /** Lets a request through, or returns the headers of the rejection. */
  take(endpoint: HubEndpoint): Readonly<Record<string, string>> | undefined {
    const wait = this.#counters.get(COUNTED_AS[endpoint] ?? endpoint)?.take();
    if (wait === undefined) return undefined;
    return this.#sendsRetryAfter ? { 'retry-after': String(wait) } : {};
  }
}

interface CountingOptions extends Pick<QuotaOptions, 'countsRefused'> {
  /** returns the time in milliseconds */
  readonly now?: () => number;
}

/** Limits requests in sliding windows. */
export class SlidingWindows {
  readonly #windows: readonly QuotaWindow[];
  readonly #countsRefused: boolean;
  readonly #now: () => number;
  /** how many of the latest requests are remembered */
  readonly #most: number;
  /** when the latest requests that count were made */
  readonly #times: number[] = [];

  constructor(
    all: readonly QuotaWindow[],
    { countsRefused = true, now = () => performance.now() }: CountingOptions = {},
  ) {
    this.#windows = all;
    this.#countsRefused = countsRefused;
    this.#now = now;
    this.#most = Math.max(0, ...all.map(({ count }) => count));
  }

  /** Lets a request through, or returns how many whole seconds to wait before the next one. */
  take(): number | undefined {
    const now = this.#now();
    const isRefused = this.#wait(now) > 0;
    if (!isRefused || this.#countsRefused) this.#times.push(now);
    if (this.#times.length > this.#most) this.#times.shift();
    return isRefused ? Math.ceil(this.#wait(now) / 1000) : undefined;
  }

  /** How long until all windows have room again, in milliseconds. */
  #wait(now: number): number {
    const waits = this.#windows.map(({ count, seconds }) => {
      const first = this.#times.at(-count);
      return first === undefined ? 0 : seconds * 1000 - (now - first);
    });
    return Math.max(0, ...waits);
  }
}

/** The least time that a number of requests takes, in seconds. */
export function leastTime(requests: number, all: readonly QuotaWindow[] = []): number {
  const times = all.map(({ count, seconds }) => (Math.ceil(requests / count) - 1) * seconds);
  return Math.max(0, ...times);
}
