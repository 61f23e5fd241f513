import { getOctokit } from '@actions/github';
import { type FailedCall, Failure, type ServerWords } from '../failure.ts';
import type { HttpRequest } from '../http/client.ts';
import type { Answer, Meaning } from '../http/errors.ts';
import { type Call, type CallServices, isQuotaUsedUp, sendCall } from '../http/retry.ts';
import { throttleOf } from '../http/throttle.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, parseJsonObject } from '../json.ts';
import type {
  GitHubSettings,
  OctokitAnswer,
  ScopeCalls,
  SecretScope,
  SettingKind,
} from './scopes.ts';

const API_VERSION = '2022-11-28';

export type GitHubServices = Omit<CallServices, 'throttle'>;

export interface GitHubCall extends Pick<Call, 'what' | 'expect'> {
  readonly scope: SecretScope;
  /** what the call is about: secrets and variables need different permissions */
  readonly kind: SettingKind;
  readonly send: (calls: ScopeCalls) => Promise<OctokitAnswer>;
}

export interface GitHubAnswer extends OctokitAnswer {
  readonly call: FailedCall | undefined;
}

/** Calls GitHub's REST API. Returns the wanted answer or throws a failure. */
export type GitHubApi = (call: GitHubCall, limit: TimeLimit) => Promise<GitHubAnswer>;

/**
 * GitHub's REST API: Octokit knows the routes, and the action's own HTTP client sends the requests, with
 * the same connections, time limits and retries as for every other call.
 */
export function gitHubApi(
  { apiUrl, token }: Pick<GitHubSettings, 'apiUrl' | 'token'>,
  services: GitHubServices,
): GitHubApi {
  const baseUrl = apiUrl.replace(/\/+$/, '');
  const throttle = throttleOf(services.clock);
  return async ({ send, ...wanted }, limit) => {
    let call: FailedCall | undefined;
    const fetch = async (url: string, request: OctokitRequest) => {
      // Finishes writing a key even if the job is cancelled.
      const time = request.method === 'GET' ? limit : limit.finishing;
      const answer = await sendCall(callOf(wanted, url, request), time, { ...services, throttle });
      call = { method: answer.method, url: answer.url, status: answer.status };
      // The status is already checked. Octokit gets no headers: for some, it would print the server's
      // words on standard error.
      return new Response(answer.body, { headers: { 'content-type': 'application/json' } });
    };
    const octokit = getOctokit(token.reveal(), { baseUrl, request: { fetch } });
    try {
      const { data } = await send(wanted.scope.callsOf(octokit));
      return { data, call };
    } catch (error) {
      // Octokit wraps what its `fetch` throws.
      throw error instanceof Error && error.cause instanceof Failure ? error.cause : error;
    }
  };
}

/** The used parts of what Octokit passes to `fetch`. */
interface OctokitRequest extends Pick<HttpRequest, 'method' | 'body'> {
  readonly headers: Readonly<Record<string, string>>;
}

function callOf(
  { scope, kind, ...call }: Omit<GitHubCall, 'send'>,
  url: string,
  { method, headers, body }: OctokitRequest,
): Call {
  const { accept = '', authorization = '' } = headers;
  return {
    ...call,
    method,
    url: new URL(url),
    headers: {
      accept,
      authorization,
      'x-github-api-version': API_VERSION,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    // The status alone says whether GitHub wrote it.
    ignoresBody: method !== 'GET',
    meanings: meaningsOf(call.what, scope, kind),
    service: {
      isRateLimited: isQuotaUsedUp,
      readError,
      adviceWhenMoved: `${scope.title} may have been renamed. Set \`repository\` to its current name.`,
    },
  };
}

/** GitHub's error: `{message, documentation_url}`, and a header that names permissions. */
function readError({ body, headers }: Answer): ServerWords {
  return {
    message: asText(parseJsonObject(body)?.['message']),
    permissions: asText(headers['x-accepted-github-permissions']),
    reference: asText(headers['x-github-request-id']),
  };
}

function meaningsOf(
  what: string,
  { title, permissions, adviceWhenMissing }: SecretScope,
  kind: SettingKind,
): Readonly<Record<number, Meaning>> {
  const invalid = (why: string): Meaning => ({
    code: 'destination-invalid',
    message: `${what} failed: ${why}`,
  });
  return {
    401: invalid('GitHub rejected `github-token`. Check that it has not expired.'),
    403: invalid(
      `\`github-token\` lacks a permission. It needs ${permissions[kind]} (a classic token: repo). The workflow's own GITHUB_TOKEN can never write secrets. Use a GitHub App's token or a fine-grained personal access token.`,
    ),
    404: invalid(
      `${title} does not exist, or \`github-token\` can't access it. ${adviceWhenMissing}`,
    ),
  };
}
