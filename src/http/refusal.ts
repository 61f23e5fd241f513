import { type FailedCall, Failure, type FailureCode, type ServerWords } from '../failure.ts';
import type { HttpRequest } from './client.ts';
import type { Answer, Exchange } from './exchange.ts';
import { isSuccess, type Outcome } from './retry.ts';
import type { TimeLimit } from './time-limit.ts';

/** What a call was for, and how its service speaks. */
export interface CallContext {
  /** begins a sentence, e.g. "The token request" */
  readonly what: string;
  /** What a status means where that is particular to the call. */
  readonly meanings: Readonly<Record<number, Meaning>>;
  /** Whether a refusal only asks to come back later. */
  readonly isRateLimited: (exchange: Exchange) => boolean;
  /** What a redirect tells. */
  readonly moved: string;
  /** The parts of an error answer that help; raw. */
  readonly read: (answer: Answer) => ServerWords;
}

export interface Meaning {
  readonly code: FailureCode;
  readonly message: string;
}

/** The call as a failure carries it: with what the server said, raw. */
export function failedCall(
  { read }: Pick<CallContext, 'read'>,
  { method, url }: Pick<HttpRequest, 'method' | 'url'>,
  exchange: Exchange,
): FailedCall {
  if (exchange.kind === 'no-answer') return { method, url };
  // What a success says is no error, and may be a key.
  const isError = exchange.kind === 'answer' && !isSuccess(exchange);
  return { method, url, status: exchange.status, said: isError ? read(exchange) : {} };
}

/** The failure that a call without a usable answer ends in, when it surely changed nothing. */
export function refusal(
  context: CallContext,
  request: Pick<HttpRequest, 'method' | 'url'>,
  outcome: Outcome,
  limit: TimeLimit,
): Failure {
  const last = finalRefusal(context, request, outcome.exchange);
  if (!outcome.ended) return last;
  if (limit.cancelled) return cancelled(context.what);
  return new Failure(
    'timeout',
    `${context.what} did not succeed within the time limit of ${limit.seconds} s. Last failure: ${last.message} If the service is only slow, set a longer \`timeout\`.`,
    { call: last.call, cause: last },
  );
}

/** A job that was cancelled before anything came of the call. */
export function cancelled(what: string): Failure {
  return new Failure('cancelled', `The job was cancelled. ${what} was given up.`);
}

function finalRefusal(
  context: CallContext,
  request: Pick<HttpRequest, 'method' | 'url'>,
  exchange: Exchange,
): Failure {
  const call = failedCall(context, request, exchange);
  const { what } = context;
  if (exchange.kind === 'no-answer' || isCutOff(exchange)) {
    return new Failure('unavailable', `${what} failed: ${exchange.reason}.`, { call });
  }
  if (isSuccess(exchange)) {
    return new Failure('response-invalid', `${what} got an answer that can't be used.`, { call });
  }
  const { code, message } = meaningOf(context, exchange.status, context.isRateLimited(exchange));
  return new Failure(code, message, { call });
}

function isCutOff(exchange: Exchange): exchange is Exchange & { readonly reason: string } {
  return exchange.kind === 'broken-answer' && isSuccess(exchange) && exchange.why === 'cut-off';
}

function meaningOf(context: CallContext, status: number, rateLimited: boolean): Meaning {
  const { what, meanings } = context;
  if (rateLimited) {
    return {
      code: 'rate-limited',
      message: `${what} was refused because of too many requests. Try again later.`,
    };
  }
  const particular = meanings[status];
  if (particular !== undefined) return particular;
  if (status >= 500) {
    return { code: 'unavailable', message: `${what} failed: the service is out of order.` };
  }
  if (status >= 300 && status < 400) {
    return {
      code: 'request-rejected',
      message: `${what} was answered with a redirect, which is never followed. ${context.moved}`,
    };
  }
  return {
    code: 'request-rejected',
    message: `${what} was rejected. Check the inputs against what the server says.`,
  };
}
