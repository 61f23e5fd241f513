import { Failure, type ServerWords } from '../failure.ts';
import type { Answer } from '../http/exchange.ts';
import { type CallContext, failedCall, refusal } from '../http/refusal.ts';
import { isQuotaUsedUp, isRateLimited } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, parseJsonObject } from '../json.ts';
import type { GitHubOutcome } from './api.ts';
import { describePlace, type Place, permissionOf } from './place.ts';

/** What GitHub's answers mean for the secrets or variables of a place. */
export function gitHubContext(
  what: string,
  place: Place,
  rest: 'secrets' | 'variables',
): CallContext {
  const invalid = (message: string) => ({ code: 'destination-invalid', message }) as const;
  const where = describePlace(place);
  const permission = permissionOf(place, rest);
  return {
    what,
    read: readErrorAnswer,
    isRateLimited: (exchange) => isRateLimited(exchange) || isQuotaUsedUp(exchange),
    moved: `${where} may have been renamed: set \`repository\` to its name now.`,
    meanings: {
      401: invalid(
        `${what} failed: GitHub did not accept \`github-token\`. Check that it has not expired.`,
      ),
      403: invalid(
        `${what} failed: \`github-token\` lacks a permission. It needs ${permission} (a classic token: repo). The workflow's own GITHUB_TOKEN can never write secrets: take the token of a GitHub App, or a fine-grained personal access token.`,
      ),
      404: invalid(
        place.kind === 'repository'
          ? `${what} failed: ${where} is not there, or \`github-token\` can't see it. Check \`repository\`, and that the token is for it.`
          : `${what} failed: ${where} is not there, or \`github-token\` can't see it. Make the environment first, in the settings of the repository, and check \`repository\` and \`environment\`.`,
      ),
    },
  };
}

/**
 * The failure of a call that prepares: whatever GitHub refuses, nothing can be delivered there.
 * Passing troubles keep their own codes.
 */
export function preparationFailure(
  context: CallContext,
  { request, outcome }: GitHubOutcome,
  limit: TimeLimit,
): Failure {
  const failure = refusal(context, request, outcome, limit);
  if (failure.code !== 'request-rejected' && failure.code !== 'response-invalid') return failure;
  return new Failure('destination-invalid', failure.message, {
    call: failedCall(context, request, outcome.exchange),
    cause: failure,
  });
}

/** The failure of a call that writes: of what was surely not written nobody has to clean up. */
export function writeFailure(
  context: CallContext,
  { request, outcome }: GitHubOutcome,
  limit: TimeLimit,
): Failure {
  const { code, message, call, cause } = refusal(context, request, outcome, limit);
  return new Failure(code, message, { call, cause, mayBeDone: outcome.mayHaveActed });
}

/** GitHub's error: `{message, documentation_url}`, and a header that names permissions. */
function readErrorAnswer({ body, headers }: Answer): ServerWords {
  const message = asText(parseJsonObject(body)?.['message']);
  const permissions = headers['x-accepted-github-permissions'];
  const reference = headers['x-github-request-id'];
  return {
    ...(message !== undefined && { message }),
    ...(typeof permissions === 'string' && { permissions }),
    ...(typeof reference === 'string' && { reference }),
  };
}
