import type { HttpClient, HttpRequest } from './client.ts';
import type { Exchange } from './exchange.ts';
import type { TimeLimit } from './time-limit.ts';

/** Tries after the first one. */
export const RETRIES = 4;

/** Statuses after which the same request may succeed a moment later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

const FIRST_WAIT = 500;

/** What GitHub asks for after a secondary rate limit that says nothing itself, in milliseconds. */
const SECONDARY_WAIT = 60_000;

/** Begins as all three forms of a date in HTTP do; Date.parse alone takes much for a date. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** Time and chance, passed in so that decisions can be tested. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** from 0 up to 1 */
  random(): number;
  /** Resolves after the time, or at once when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Whether a request that only asks, or may be repeated safely, is worth another try. */
export function isPassing(exchange: Exchange): boolean {
  if (exchange.kind === 'no-answer') return true;
  if (exchange.kind === 'broken-answer' && isSuccess(exchange)) return exchange.why === 'cut-off';
  return PASSING.has(exchange.status) || isRateLimited(exchange);
}

/** 429, or a 403 that asks to wait and so is no missing permission. */
export function isRateLimited(exchange: Exchange): boolean {
  if (exchange.kind === 'no-answer') return false;
  const { status, headers } = exchange;
  return status === 429 || (status === 403 && headers['retry-after'] !== undefined);
}

export function isSuccess(exchange: Exchange): boolean {
  const status = statusOf(exchange) ?? 0;
  return status >= 200 && status < 300;
}

export function statusOf(exchange: Exchange): number | undefined {
  return exchange.kind === 'no-answer' ? undefined : exchange.status;
}

/**
 * How long to wait before try number `tries + 1`, in milliseconds: exponential backoff with jitter,
 * or longer when the server asks for it.
 */
export function waitBefore(exchange: Exchange, tries: number, clock: Clock): number {
  const backoff = FIRST_WAIT * 2 ** (tries - 1) * (0.5 + clock.random() / 2);
  const now = clock.now();
  return Math.max(backoff, retryAfter(exchange, now) ?? quotaReset(exchange, now));
}

/** What Retry-After asks for, in milliseconds: it holds seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(exchange: Exchange, now: number): number | undefined {
  if (exchange.kind === 'no-answer') return undefined;
  // A header that is sent twice comes as an array, whatever its type says.
  const value = String([exchange.headers['retry-after']].flat()[0] ?? '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (!HTTP_DATE.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Whether the service may have done what it was asked for. Surely not: a request that was not sent,
 * a refusal, and a 503 that asks to come back.
 */
export function mayHaveActed(exchange: Exchange, now: number): boolean {
  if (exchange.kind === 'no-answer') return exchange.sent;
  if (isSuccess(exchange)) return true;
  const { status } = exchange;
  return status >= 500 && !(status === 503 && retryAfter(exchange, now) !== undefined);
}

/** GitHub's ways to say that a quota is used up, with a 403 as for a missing permission. */
export function isQuotaUsedUp(exchange: Exchange): boolean {
  if (exchange.kind === 'no-answer' || exchange.status !== 403) return false;
  return exchange.headers['x-ratelimit-remaining'] === '0' || isSecondaryLimit(exchange);
}

/** The limit of how much at once; it may come with no header at all. */
function isSecondaryLimit(exchange: Exchange): boolean {
  return exchange.kind === 'answer' && /secondary rate limit/i.test(exchange.body);
}

/** How long until a used-up quota begins anew, in milliseconds; x-ratelimit-reset is in seconds since 1970. */
function quotaReset(exchange: Exchange, now: number): number {
  if (exchange.kind === 'no-answer') return 0;
  if (exchange.status !== 403 && exchange.status !== 429) return 0;
  if (exchange.headers['x-ratelimit-remaining'] !== '0') {
    return isSecondaryLimit(exchange) ? SECONDARY_WAIT : 0;
  }
  const reset = Number(exchange.headers['x-ratelimit-reset']);
  return Number.isNaN(reset) ? 0 : Math.max(0, reset * 1000 - now);
}

/** Whether the service asks all of its callers to come back later. */
function asksToWait(exchange: Exchange): boolean {
  const isBusy = isRateLimited(exchange) || isQuotaUsedUp(exchange);
  return isBusy || (statusOf(exchange) === 503 && retryAfter(exchange, 0) !== undefined);
}

/** As much of a time limit as retries have to know. */
export type RetryLimit = Pick<TimeLimit, 'signal' | 'graceSignal' | 'remaining'>;

/** What all that call one service share, so that it can slow all of them down at once. */
export interface Pace {
  /**
   * Waits until the next request may be sent; gives false at once when that would be too late.
   * `leastTime` is what the request itself needs, in milliseconds.
   */
  turn(limit: RetryLimit, leastTime: number): Promise<boolean>;
  /** The service asked to come back later, in milliseconds: nobody asks it before. */
  slowDown(milliseconds: number): void;
  /** The service answered: a little more may be asked of it. */
  speedUp(): void;
}

export interface RetryOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly limit: RetryLimit;
  readonly mayRepeat: (exchange: Exchange) => boolean;
  /** Whether a request that was sent is rather finished, also when the job is cancelled. */
  readonly finishes?: boolean;
  /** With less time than this left, in milliseconds, no attempt is made. */
  readonly leastTime?: number;
  /** shared by all that call the same service */
  readonly pace?: Pace;
}

/** The last exchange, and whether the time limit, or a cancelled job, kept it from being repeated. */
export interface Outcome {
  readonly exchange: Exchange;
  readonly ended: boolean;
  /** Whether the service may have acted on any of the attempts. */
  readonly mayHaveActed: boolean;
}

/** Sends a request, and again while it may be repeated, tries are left and time allows. */
export async function sendWithRetries(
  request: HttpRequest,
  { http, clock, limit, mayRepeat, finishes = false, leastTime = 0, pace }: RetryOptions,
): Promise<Outcome> {
  const sentSignal = finishes ? limit.graceSignal : limit.signal;
  let last: Exchange = { kind: 'no-answer', sent: false, reason: 'no time was left' };
  let acted = false;
  for (let tries = 1; ; tries++) {
    const isTime = limit.remaining() >= leastTime && (await pace?.turn(limit, leastTime)) !== false;
    if (!isTime) return { exchange: last, ended: true, mayHaveActed: acted };
    const exchange = await http.send(request, limit.signal, sentSignal, tries);
    last = exchange;
    acted ||= mayHaveActed(exchange, clock.now());
    if (isSuccess(exchange)) pace?.speedUp();
    const outcome = (ended: boolean): Outcome => ({ exchange, ended, mayHaveActed: acted });
    if (!mayRepeat(exchange)) return outcome(false);
    if (limit.signal.aborted) return outcome(true);
    if (tries > RETRIES) return outcome(false);
    const wait = waitBefore(exchange, tries, clock);
    if (asksToWait(exchange)) pace?.slowDown(wait);
    // Waiting for a try that can't be made any more would only delay the bad news.
    if (wait + leastTime >= limit.remaining()) return outcome(true);
    await clock.sleep(wait, limit.signal);
    if (limit.signal.aborted) return outcome(true);
  }
}
