import { asFailure, Failure } from '../failure.ts';
import type { HttpClient, HttpRequest, Until } from './client.ts';
import type { Clock } from './clock.ts';
import {
  type Answer,
  type CallContext,
  cancelled,
  failureOf,
  isRateLimited,
  isRejectedElsewhere,
  isSuccess,
  timedOut,
} from './errors.ts';
import type { Throttle } from './throttle.ts';
import type { Limit } from './time-limit.ts';

/** The number of retries after the first try. */
const RETRIES = 4;

/** Statuses after which the same request may soon succeed. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** In milliseconds, like all times here. */
const FIRST_WAIT = 500;

/** How long a service may keep asking to wait without a success in between. */
export const PATIENCE = 600_000;

/** The wait that GitHub asks for after a secondary rate limit without a header. */
const SECONDARY_WAIT = 60_000;

/** The start of all three date formats of HTTP; Date.parse alone accepts too much. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** A request, the meaning of its answers, and when it may be retried. */
export interface Call extends HttpRequest, CallContext {
  /** the statuses that are wanted; any success by default */
  readonly expect?: readonly number[];
  /** Retries the call only while the service can't have acted on it. */
  readonly repeat?: 'if-unprocessed';
  /** The call changes nothing, although it is not a GET. */
  readonly changesNothing?: boolean;
  /** Once sent, the request may finish even if the job is cancelled. */
  readonly finishes?: boolean;
  /** Headers that are read just before sending, such as a token that is still valid. */
  readonly lateHeaders?: () => Promise<HttpRequest['headers']>;
  /** If less time than this is left, in milliseconds, no attempt is made. */
  readonly leastTime?: number;
}

export interface CallServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** shared by all callers of the same service */
  readonly throttle?: Throttle;
}

/**
 * Sends a request, and retries it while it may be repeated and retries and time are left. Returns the
 * wanted answer, or throws the failure of the last try, whose `mayBeDone` covers all tries.
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
  let asksUntil = 0;
  const ended = (askedUntil = asksUntil) => {
    if (limit.cancelled) return cancelled(what, last);
    return askedUntil > clock.now()
      ? waitTooLong(last, askedUntil, clock.now())
      : timedOut(what, limit.seconds, last);
  };
  for (let tries = 1, postponed = 0; ; tries++) {
    if (limit.remaining() < leastTime) throw ended();
    if ((await throttle?.turn(limit, leastTime)) === false) {
      throw ended(Math.max(asksUntil, throttle?.asksUntil() ?? 0));
    }
    const tried = await sendNow(call, until, tries, http).catch(asFailure);
    throttle?.returned();
    if (!(tried instanceof Failure)) {
      if (isSuccess(tried)) throttle?.succeeded();
      if (isWanted(call, tried)) return tried;
    }
    last = judge(call, tried, last.mayBeDone);
    const asked = askedWait(tried, clock.now());
    asksUntil = asked === undefined ? 0 : clock.now() + asked;
    const isUnclear = call.repeat === 'if-unprocessed' && last.mayBeDone;
    if (isUnclear || !isPassing(call, tried)) throw last;
    if (signal.aborted) throw ended();
    const wait = waitBefore(tried, tries - postponed, clock);
    if (asksToWait(call, tried)) {
      const next = throttle?.postpone(asked, wait);
      if (next === 'give-up') throw outOfPatience(last, asked);
      if (next === 'again') {
        postponed += 1;
        continue;
      }
    }
    if (tries - postponed > RETRIES) throw last;
    // Don't wait for a retry that there is no time for.
    if (wait + leastTime >= limit.remaining()) throw ended();
    await clock.sleep(wait, signal);
    if (signal.aborted) throw ended();
  }
}

async function sendNow(call: Call, until: Until, tries: number, http: HttpClient) {
  const headers = { ...call.headers, ...(await call.lateHeaders?.()) };
  return http.send({ ...call, headers }, until, tries);
}

function isWanted({ expect }: Call, answer: Answer): boolean {
  if (expect === undefined) return isSuccess(answer);
  return expect.includes(answer.status) && !isRejectedElsewhere(answer);
}

/** The failure of a try without a wanted answer. */
function judge(call: Call, tried: Answer | Failure, before: boolean): Failure {
  const changes = call.method !== 'GET' && !call.changesNothing;
  if (!(tried instanceof Failure)) {
    return failureOf(call, tried, changes && (before || mayHaveActed(tried)));
  }
  const { code, message, call: failed, cause } = tried;
  const mayBeDone = changes && (before || tried.mayBeDone);
  return new Failure(code, message, { call: failed, cause, mayBeDone });
}

/** Whether the service may have acted on the request. */
function mayHaveActed(answer: Answer): boolean {
  return isSuccess(answer) || (answer.status >= 500 && !isPostponed(answer));
}

/** A 503 that asks to retry later: nothing was done. */
function isPostponed(answer: Answer): boolean {
  return answer.status === 503 && retryAfter(answer, 0) !== undefined;
}

/** Whether the same call may soon succeed. */
function isPassing({ service }: Call, tried: Answer | Failure): boolean {
  if (tried instanceof Failure) return tried.code === 'unavailable' && !tried.call?.isFinal;
  return PASSING.includes(tried.status) || service.isRateLimited(tried);
}

/** Whether the service asks all callers to retry later. */
function asksToWait({ service }: Call, tried: Answer | Failure): tried is Answer {
  if (tried instanceof Failure) return false;
  return isPostponed(tried) || service.isRateLimited(tried);
}

/**
 * How long to wait before try number `tries + 1`: exponential backoff with jitter, or longer if the
 * server asks for it.
 */
export function waitBefore(tried: Answer | Failure, tries: number, clock: Clock): number {
  const backoff = FIRST_WAIT * 2 ** (tries - 1) * (0.5 + clock.random() / 2);
  return Math.max(backoff, askedWait(tried, clock.now()) ?? 0);
}

/** How long a service asks to wait before the next try; nothing if it does not ask. */
function askedWait(tried: Answer | Failure, now: number): number | undefined {
  if (tried instanceof Failure) return undefined;
  return retryAfter(tried, now) ?? (quotaReset(tried, now) || undefined);
}

/** The wait in Retry-After, which contains seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter({ headers }: Answer, now: number): number | undefined {
  // A header that is sent twice is an array, despite its type.
  const value = String([headers['retry-after']].flat()[0] ?? '').trim();
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
  const date = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Whether GitHub says that a quota is used up, which may be a 403 as for a missing permission. */
export function isQuotaUsedUp(answer: Answer): boolean {
  if (isRateLimited(answer)) return true;
  const isNoneLeft = answer.headers['x-ratelimit-remaining'] === '0';
  return answer.status === 403 && (isNoneLeft || isSecondaryLimit(answer));
}

/** The secondary rate limit, which GitHub may report without a header. */
function isSecondaryLimit({ body }: Answer): boolean {
  return /secondary rate limit/i.test(body);
}

/** The time until a used-up quota is renewed; x-ratelimit-reset is in seconds since 1970. */
function quotaReset(answer: Answer, now: number): number {
  const { status, headers } = answer;
  if (status !== 403 && status !== 429) return 0;
  if (headers['x-ratelimit-remaining'] !== '0') {
    return isSecondaryLimit(answer) ? SECONDARY_WAIT : 0;
  }
  const reset = Number(headers['x-ratelimit-reset']);
  return Number.isNaN(reset) ? 0 : Math.max(0, reset * 1000 - now);
}

/** The failure of a call that may be retried only after more than the longest wait. */
function outOfPatience(last: Failure, asked: number | undefined): Failure {
  const seconds = Math.ceil((asked ?? 0) / 1000);
  if (asked !== undefined && asked > PATIENCE) {
    return withMore(
      last,
      `The service asks to wait ${seconds} s, but a step waits at most 10 minutes.`,
    );
  }
  const wait = asked === undefined ? '' : ` and now asks to wait another ${seconds} s`;
  const text = `For 10 minutes, the service has asked to retry every call of this kind later${wait}.`;
  return withMore(last, text);
}

/** The same if the wait counts towards a time limit. */
function waitTooLong({ message, call, mayBeDone }: Failure, until: number, now: number): Failure {
  const seconds = Math.ceil((until - now) / 1000);
  const wait = `The service asks to wait ${seconds} s, which is longer than the time limit allows.`;
  const text = `${message} ${wait} ${tryAfter(until)}`.trim();
  return new Failure('rate-limited', text, { call, mayBeDone });
}

/** Empty for a time that is out of the range of dates. */
function tryAfter(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  return `Try again after ${date.toISOString().replace('T', ' ').slice(0, 19)} UTC.`;
}

function withMore({ code, message, call, mayBeDone }: Failure, more: string): Failure {
  return new Failure(code, `${message} ${more}`, { call, mayBeDone });
}
