import { getOctokit } from '@actions/github';
import type { Exchange, HttpClient, HttpRequest } from '../http/client.ts';
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
  const octokit = getOctokit('the HTTP client knows the token', {
    baseUrl: apiUrl.replace(/\/+$/, ''),
  });
  const pace = paceOf(clock);
  return async (route, parameters, limit) => {
    let result: GitHubOutcome | undefined;
    const send = async (url: string, init: RequestInit): Promise<Response> => {
      const request = requestOf(url, init, token);
      const mayRepeat = (exchange: Exchange) => isPassing(exchange) || isQuotaUsedUp(exchange);
      // What writes a key is rather finished, also when the job is cancelled.
      const time = request.method === 'GET' ? limit : limit.finishing;
      const outcome = await sendWithRetries(request, { http, clock, limit: time, mayRepeat, pace });
      result = { request, outcome };
      return responseOf(outcome);
    };
    try {
      const headers = { 'x-github-api-version': '2022-11-28' };
      await octokit.request(route, { ...parameters, headers, request: { fetch: send } });
    } catch (error) {
      // Octokit throws for every refusal; the exchange says more than its error.
      if (result === undefined) throw error;
    }
    if (result === undefined) throw new Error('Octokit sent nothing');
    return result;
  };
}

type Headers = Readonly<Record<string, string>>;

function requestOf(url: string, init: RequestInit, token: Secret): HttpRequest {
  const { accept = '', 'x-github-api-version': version = '' } = init.headers as Headers;
  return {
    method: init.method as HttpRequest['method'],
    url: new URL(url),
    headers: {
      accept,
      'x-github-api-version': version,
      ...(typeof init.body === 'string' && { 'content-type': 'application/json' }),
      authorization: { scheme: 'Bearer', secret: token },
    },
    ...(typeof init.body === 'string' && { body: init.body }),
  };
}

/** As much of the answer as Octokit has to know: its content is read from the exchange. */
function responseOf({ exchange }: Outcome): Response {
  if (exchange.kind === 'no-answer') return Response.error();
  const { status } = exchange;
  return new Response(null, { status: status >= 200 && status <= 599 ? status : 599 });
}
