import type { ServerWords } from '../failure.ts';
import type { CallContext } from '../http/refusal.ts';
import { isRateLimited } from '../http/retry.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';

/** How Insights Hub says no, whatever the call. */
export const insightsHub: Pick<CallContext, 'moved' | 'read' | 'isRateLimited'> = {
  isRateLimited,
  moved: 'The tenant may have moved to other hosts: set `api-url` and `token-url`.',
  read: ({ body }) => readErrorBody(body),
};

/** The log reference in an error body, or the error's id. */
export function readReference(body: string): string | undefined {
  return readErrorBody(body).reference;
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
