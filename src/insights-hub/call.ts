import type { HttpClient, HttpRequest } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import {
  type Clock,
  isPassing,
  type Outcome,
  type Pace,
  type RetryOptions,
  sendWithRetries,
  statusOf,
} from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { Secret, SecretKeeper } from '../secret.ts';
import { type Api, apiEndpoint, type EndpointSettings } from './endpoints.ts';
import { readReference } from './refusals.ts';
import type { TokenSource } from './tokens.ts';

/** What every call of an API of Insights Hub needs. */
export interface ApiServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly secrets: SecretKeeper;
  readonly tokens: TokenSource;
  readonly endpoints: EndpointSettings;
  /** of Insights Hub's APIs */
  readonly pace: Pace;
}

export interface ApiCall {
  readonly method: HttpRequest['method'];
  readonly api: Api;
  /** below the API's base, each part encoded */
  readonly path: string;
  /** what is looked for, as the APIs take it in `filter` */
  readonly filter?: Readonly<Record<string, string>>;
  /** the tag that a resource must still have */
  readonly ifMatch?: string;
  /** sent as JSON */
  readonly body?: object;
}

/** When a call is sent again, and how it ends: by default as one that may be repeated. */
export type CallPolicy = Partial<Pick<RetryOptions, 'mayRepeat' | 'finishes' | 'leastTime'>>;

/** What became of a call of an API. */
export interface Called {
  readonly request: HttpRequest;
  readonly outcome: Outcome;
}

/** Calls an API; a refused token that can be renewed is replaced by a fresh one, once. */
export async function callApi(
  call: ApiCall,
  { http, clock, tokens, endpoints, pace }: ApiServices,
  limit: TimeLimit,
  policy: CallPolicy = {},
): Promise<Called> {
  for (let mayRenew = tokens.renewable; ; mayRenew = false) {
    const token = await tokens.get(limit);
    const request = requestOf(call, endpoints, token);
    const mayRepeat = (exchange: Exchange) => isPassing(exchange);
    const outcome = await sendWithRetries(request, {
      http,
      clock,
      limit,
      pace,
      mayRepeat,
      ...policy,
    });
    const refused = statusOf(outcome.exchange) === 401;
    if (!refused || !mayRenew || limit.signal.aborted) return { request, outcome };
    tokens.discard(token);
  }
}

function requestOf(call: ApiCall, endpoints: EndpointSettings, token: Secret): HttpRequest {
  const { method, api, path, filter, ifMatch, body } = call;
  const url = apiEndpoint(endpoints, api, path);
  if (filter !== undefined) url.searchParams.set('filter', JSON.stringify(filter));
  return {
    method,
    url,
    headers: {
      authorization: { scheme: 'Bearer', secret: token },
      accept: 'application/json',
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    readReference,
  };
}
