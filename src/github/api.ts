import { getOctokit } from '@actions/github';
import type { HttpClient, HttpRequest } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { paceOf } from '../http/pace.ts';
import {
  type Clock,
  isPassing,
  isQuotaUsedUp,
  type Outcome,
  sendWithRetries,
  statusOf,
} from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { Secret } from '../secret.ts';

export interface GitHubOptions {
  /** the base that the runner gives: differs on GitHub Enterprise Server and ghe.com */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** What became of a call of GitHub's REST API. */
export interface GitHubOutcome {
  readonly request: Pick<HttpRequest, 'method' | 'url'>;
  readonly outcome: Outcome;
}

/** Whether GitHub wrote it: a 200 is not its word for that, but of something on the way to it. */
export function isWritten({ outcome: { exchange, ended } }: GitHubOutcome): boolean {
  const status = statusOf(exchange);
  return !ended && (status === 201 || status === 204);
}

/** Whether GitHub removed it, or had nothing to remove. */
export function isRemoved({ outcome: { exchange, ended } }: GitHubOutcome): boolean {
  const status = statusOf(exchange);
  return !ended && (status === 204 || status === 404);
}

/** Calls a route such as `GET /repos/{owner}/{repo}`; never throws for what GitHub answers. */
export type GitHubApi = (
  route: string,
  parameters: Readonly<Record<string, string | number>>,
  limit: TimeLimit,
) => Promise<GitHubOutcome>;

/**
 * GitHub's REST API: Octokit knows how its requests look, and the project's own client sends them,
 * with the connections, time limits and retries of every other call. Octokit never holds the token.
 */
export function gitHubApi({ apiUrl, token, http, clock }: GitHubOptions): GitHubApi {
  const baseUrl = apiUrl.replace(/\/+$/, '');
  const { endpoint } = getOctokit('the HTTP client knows the token', { baseUrl }).request;
  const pace = paceOf(clock);
  return async (route, parameters, limit) => {
    const headers = { 'x-github-api-version': '2022-11-28' };
    const request = requestOf(endpoint(route, { ...parameters, headers }), token);
    const mayRepeat = (exchange: Exchange) => isPassing(exchange) || isQuotaUsedUp(exchange);
    // What writes a key is rather finished, also when the job is cancelled.
    const time = request.method === 'GET' ? limit : limit.finishing;
    const outcome = await sendWithRetries(request, { http, clock, limit: time, mayRepeat, pace });
    return { request, outcome };
  };
}

/** A request as Octokit describes it. */
interface Endpoint {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

function requestOf({ method, url, headers, body }: Endpoint, token: Secret): HttpRequest {
  const { accept = '', 'x-github-api-version': version = '' } = headers;
  return {
    method: method as HttpRequest['method'],
    url: new URL(url),
    headers: {
      accept: String(accept),
      'x-github-api-version': String(version),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      authorization: { scheme: 'Bearer', secret: token },
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}
