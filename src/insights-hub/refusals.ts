import { type FailedCall, Failure, type FailureCode, type ServerWords } from '../failure.ts';
import type { Exchange, HttpRequest } from '../http/client.ts';
import { isRateLimited, isSuccess, type Outcome } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';

/** What a call was for, and what a status means for it where that is particular to the call. */
export interface CallContext {
  /** to fill "… failed", e.g. "The token request" */
  readonly what: string;
  readonly meanings: Readonly<Record<number, Meaning>>;
}

export interface Meaning {
  readonly code: FailureCode;
  readonly message: string;
}

/** The call as a failure carries it: with what the server said, raw. */
export function failedCall(request: HttpRequest, exchange: Exchange): FailedCall {
  const { method, url } = request;
  if (exchange.kind === 'no-answer') return { method, url };
  // What a success says is no error, and may be a key.
  const isError = exchange.kind === 'answer' && !isSuccess(exchange);
  const said = isError ? readErrorBody(exchange.body) : {};
  return { method, url, status: exchange.status, said };
}

/**
 * What the error bodies of Insights Hub have in common. They come in several shapes:
 * `{errors: [{code, errorcode, logref, message}]}` of the IoT services, `{id, message}` of Agent
 * Management, `{error, error_description}` of OAuth and the gateway, also with an `id`.
 */
export function readErrorBody(body: string): ServerWords {
  const top = parseJsonObject(body);
  if (top === undefined) return {};
  const first = Array.isArray(top['errors']) ? asObject(top['errors'][0]) : undefined;
  const error = first ?? top;
  const code = asText(error['code']) ?? asText(error['errorcode']) ?? asText(error['error']);
  const message = asText(error['message']) ?? asText(error['error_description']);
  const reference = asText(error['logref']) ?? asText(error['id']);
  return {
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(reference !== undefined && { reference }),
  };
}

/** The failure that a call without a usable answer ends in, when it surely changed nothing. */
export function refusal(
  context: CallContext,
  request: HttpRequest,
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

function finalRefusal(context: CallContext, request: HttpRequest, exchange: Exchange): Failure {
  const call = failedCall(request, exchange);
  if (exchange.kind === 'no-answer') {
    return new Failure('unavailable', `${context.what} failed: ${exchange.reason}.`, { call });
  }
  if (isSuccess(exchange)) {
    return exchange.kind === 'broken-answer' && exchange.why === 'cut-off'
      ? new Failure('unavailable', `${context.what} failed: ${exchange.reason}.`, { call })
      : new Failure('response-invalid', `${context.what} got an answer that can't be used.`, {
          call,
        });
  }
  const { code, message } = meaningOf(context, exchange.status, isRateLimited(exchange));
  return new Failure(code, message, { call });
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
      message: `${what} was answered with a redirect, which is never followed. The tenant may have moved to other hosts: set \`api-url\` and \`token-url\`.`,
    };
  }
  return {
    code: 'request-rejected',
    message: `${what} was rejected. Check the inputs against what the server says.`,
  };
}
