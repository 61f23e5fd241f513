import { asFailure, Failure } from '../failure.ts';
import type { HttpClient, HttpRequest } from './client.ts';
import type { Clock } from './clock.ts';
import {
  type Answer,
  type CallContext,
  cancelled,
  failureOf,
  isRateLimited,
  isSuccess,
  timedOut,
} from './errors.ts';
import type { Limit } from './time-limit.ts';

/** Tries after the first one. */
const RETRIES = 4;

/** Statuses after which the same request may succeed a moment later. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** In milliseconds, as all times here. */
const FIRST_WAIT = 500;

/** What GitHub asks for after a secondary rate limit without a header. */
const SECONDARY_WAIT = 60_000;

/** How all three date formats of HTTP begin; Date.parse alone accepts too much. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** A request, what its answers mean, and when it may be sent again. */
export interface Call extends HttpRequest, CallContext {
  /** statuses of the answers that are wanted; any success, when not given */
  readonly expect?: readonly number[];
  /** The call is sent again only while nothing can have been done. */
  readonly repeat?: 'if-unprocessed';
  /** statuses after which this call may be sent again, besides the usual ones */
  readonly alsoPassing?: readonly number[];
  /** The call changes nothing, although it is no GET. */
  readonly changesNothing?: boolean;
  /** Once sent, a request may finish even when the job is cancelled. */
  readonly finishes?: boolean;
  /** With less time than this left, in milliseconds, no attempt is made. */
  readonly leastTime?: number;
}

export interface CallServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** shared by all that call the same service */
  readonly throttle?: Throttle;
}

/**
 * Sends a request, and sends it again while it may be repeated, tries are left and time allows.
 * Gives the answer that is wanted, or throws the failure of the last try; its `mayBeDone` is about
 * all tries.
 */
export async function sendCall(
  call: Call,
  limit: Limit,
  { http, clock, throttle }: CallServices,
): Promise<Answer> {
  const { what, method, url, leastTime = 0 } = call;
  const { signal } = limit;
  const until = { signal, sentSignal: call.finishes ? limit.graceSignal : signal };
  const reason = 'no time was left';
  let last = new Failure('unavailable', `${what} failed: ${reason}.`, {
    call: { method, url, reason },
  });
  const ended = () =>
    limit.cancelled ? cancelled(what, last) : timedOut(what, limit.seconds, last);
  for (let tries = 1; ; tries++) {
    const isTime =
      limit.remaining() >= leastTime && (await throttle?.turn(limit, leastTime)) !== false;
    if (!isTime) throw ended();
    const tried = await http.send(call, until, tries).catch(asFailure);
    if (!(tried instanceof Failure)) {
      if (isSuccess(tried)) throttle?.speedUp();
      if (call.expect?.includes(tried.status) ?? isSuccess(tried)) return tried;
    }
    last = judge(call, tried, last.mayBeDone);
    const isUnclear = call.repeat === 'if-unprocessed' && last.mayBeDone;
    if (isUnclear || !isPassing(call, tried)) throw last;
    if (signal.aborted) throw ended();
    if (tries > RETRIES) throw last;
    const wait = waitBefore(tried, tries, clock);
    if (asksToWait(call, tried)) throttle?.slowDown(wait);
    // Waiting for a try that can't be made any more would only delay the bad news.
    if (wait + leastTime >= limit.remaining()) throw ended();
    await clock.sleep(wait, signal);
    if (signal.aborted) throw ended();
  }
}

/** The failure of a try that brought no wanted answer. */
function judge(call: Call, tried: Answer | Failure, before: boolean): Failure {
  const changes = call.method !== 'GET' && !call.changesNothing;
  if (!(tried instanceof Failure)) {
    return failureOf(call, tried, changes && (before || mayHaveActed(tried)));
  }
  const { code, message, call: failed, cause } = tried;
  const mayBeDone = changes && (before || tried.mayBeDone);
  return new Failure(code, message, { call: failed, cause, mayBeDone });
}

/** Whether the service may have done what it was asked for. */
function mayHaveActed(answer: Answer): boolean {
  return isSuccess(answer) || (answer.status >= 500 && !isPostponed(answer));
}

/** A 503 that asks to come back: nothing was done. */
function isPostponed(answer: Answer): boolean {
  return answer.status === 503 && retryAfter(answer, 0) !== undefined;
}

/** Whether the same call may succeed a moment later. */
function isPassing({ service, alsoPassing = [] }: Call, tried: Answer | Failure): boolean {
  if (tried instanceof Failure) return tried.code === 'unavailable';
  return [...PASSING, ...alsoPassing].includes(tried.status) || service.isRateLimited(tried);
}

/** Whether the service asks all of its callers to come back later. */
function asksToWait({ service }: Call, tried: Answer | Failure): boolean {
  if (tried instanceof Failure) return false;
  return isPostponed(tried) || service.isRateLimited(tried);
}

/**
 * How long to wait before try number `tries + 1`: exponential backoff with jitter, or longer when
 * the server asks for it.
 */
export function waitBefore(tried: Answer | Failure, tries: number, clock: Clock): number {
  const backoff = FIRST_WAIT * 2 ** (tries - 1) * (0.5 + clock.random() / 2);
  if (tried instanceof Failure) return backoff;
  const now = clock.now();
  return Math.max(backoff, retryAfter(tried, now) ?? quotaReset(tried, now));
}

/** What Retry-After asks for: it holds seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter({ headers }: Answer, now: number): number | undefined {
  // A header that is sent twice comes as an array, whatever its type says.
  const value = String([headers['retry-after']].flat()[0] ?? '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** GitHub's ways to say that a quota is used up, with a 403 as for a missing permission. */
export function isQuotaUsedUp(answer: Answer): boolean {
  if (isRateLimited(answer)) return true;
  const isNoneLeft = answer.headers['x-ratelimit-remaining'] === '0';
  return answer.status === 403 && (isNoneLeft || isSecondaryLimit(answer));
}

/** The limit on requests at the same time, which may come without a header. */
function isSecondaryLimit({ body }: Answer): boolean {
  return /secondary rate limit/i.test(body);
}

/** How long until a used-up quota is renewed; x-ratelimit-reset is in seconds since 1970. */
function quotaReset(answer: Answer, now: number): number {
  const { status, headers } = answer;
  if (status !== 403 && status !== 429) return 0;
  if (headers['x-ratelimit-remaining'] !== '0') {
    return isSecondaryLimit(answer) ? SECONDARY_WAIT : 0;
  }
  const reset = Number(headers['x-ratelimit-reset']);
  return Number.isNaN(reset) ? 0 : Math.max(0, reset * 1000 - now);
}

/** Requests are this far apart after a service has asked to slow down; then more. */
const FIRST_GAP = 25;
const LARGEST_GAP = 1_000;

/** A smaller gap makes no difference. */
const SMALLEST_GAP = 2;

/** Slows down all that call one service at once. */
export type Throttle = ReturnType<typeof throttleOf>;

/** A throttle for one service: full speed until the service asks to slow down. */
export function throttleOf(clock: Clock) {
  let gap = 0;
  let opensAt = 0;
  let nextAt = 0;
  return {
    /**
     * Waits until the next request may be sent; gives false at once when that would be too late.
     * `leastTime` is what the request itself needs.
     */
    async turn(limit: Pick<Limit, 'remaining' | 'signal'>, leastTime: number): Promise<boolean> {
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
    /** The service asked to come back later: nobody calls it before. */
    slowDown(milliseconds: number): void {
      const now = clock.now();
      // Requests that are under way together are refused together: that is one wish, not many.
      if (now >= opensAt) gap = Math.min(Math.max(gap * 2, FIRST_GAP), LARGEST_GAP);
      opensAt = Math.max(opensAt, now + milliseconds);
    },
    /** The service answered: a little more may be asked of it. */
    speedUp(): void {
      gap *= 0.95;
      if (gap < SMALLEST_GAP) gap = 0;
    },
  };
}
