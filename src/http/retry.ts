import { asFailure, Failure } from '../failure.ts';
import type { HttpClient, HttpRequest, Until } from './client.ts';
import type { Clock } from './clock.ts';
import {
  type Answer,
  type CallContext,
  cancelled,
  failureOf,
  isRateLimited,
  isRefusedElsewhere,
  isSuccess,
  timedOut,
} from './errors.ts';
import type { Throttle } from './throttle.ts';
import type { Limit } from './time-limit.ts';

/** Tries after the first one. */
const RETRIES = 4;

/** Statuses after which the same request may succeed a moment later. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** In milliseconds, as all times here. */
const FIRST_WAIT = 500;

/** So long a service may ask to wait without a success in between. */
export const PATIENCE = 600_000;

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
  /** The call changes nothing, although it is no GET. */
  readonly changesNothing?: boolean;
  /** Once sent, a request may finish even when the job is cancelled. */
  readonly finishes?: boolean;
  /** Headers that are known only when its turn has come, such as a token that is still valid. */
  readonly lateHeaders?: () => Promise<HttpRequest['headers']>;
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
    // Waiting for a try that can't be made any more would only delay the bad news.
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
  return expect.includes(answer.status) && !isRefusedElsewhere(answer);
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
function isPassing({ service }: Call, tried: Answer | Failure): boolean {
  if (tried instanceof Failure) return tried.code === 'unavailable' && !tried.call?.isFinal;
  return PASSING.includes(tried.status) || service.isRateLimited(tried);
}

/** Whether the service asks all of its callers to come back later. */
function asksToWait({ service }: Call, tried: Answer | Failure): tried is Answer {
  if (tried instanceof Failure) return false;
  return isPostponed(tried) || service.isRateLimited(tried);
}

/**
 * How long to wait before try number `tries + 1`: exponential backoff with jitter, or longer when
 * the server asks for it.
 */
export function waitBefore(tried: Answer | Failure, tries: number, clock: Clock): number {
  const backoff = FIRST_WAIT * 2 ** (tries - 1) * (0.5 + clock.random() / 2);
  return Math.max(backoff, askedWait(tried, clock.now()) ?? 0);
}

/** How long a service asks to wait before the next try, if it does. */
function askedWait(tried: Answer | Failure, now: number): number | undefined {
  if (tried instanceof Failure) return undefined;
  return retryAfter(tried, now) ?? (quotaReset(tried, now) || undefined);
}

/** What Retry-After asks for: it holds seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter({ headers }: Answer, now: number): number | undefined {
  // A header that is sent twice comes as an array, whatever its type says.
  const value = String([headers['retry-after']].flat()[0] ?? '').trim();
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
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

/** The failure of a call that may come again only after longer than anybody waits. */
function outOfPatience(last: Failure, asked: number | undefined): Failure {
  const seconds = Math.ceil((asked ?? 0) / 1000);
  if (asked !== undefined && asked > PATIENCE) {
    return withMore(
      last,
      `The service asks to wait ${seconds} s; a step waits 10 minutes at most.`,
    );
  }
  const wait = asked === undefined ? '' : `; now it asks to wait ${seconds} s more`;
  return withMore(last, `For 10 minutes the service has put off every call of this kind${wait}.`);
}

/** The same where waiting counts in a time limit. */
function waitTooLong({ message, call, mayBeDone }: Failure, until: number, now: number): Failure {
  const seconds = Math.ceil((until - now) / 1000);
  const wait = `The service asks to wait ${seconds} s, and the time limit is over before that.`;
  const text = `${message} ${wait} ${tryAfter(until)}`.trim();
  return new Failure('rate-limited', text, { call, mayBeDone });
}

/** Nothing for a time that is no date any more. */
function tryAfter(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  return `Try again after ${date.toISOString().replace('T', ' ').slice(0, 19)} UTC.`;
}

function withMore({ code, message, call, mayBeDone }: Failure, more: string): Failure {
  return new Failure(code, `${message} ${more}`, { call, mayBeDone });
}
