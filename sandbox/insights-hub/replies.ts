import type { Reply } from '../embedded-server.ts';
import { errorBody, type Words } from './error-bodies.ts';
import type { Api } from './routes.ts';

export const NO_CONTENT: Reply = { status: 204, type: 'application/json', body: '' };

export function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** An error response of an API; by default with its usual text. */
export function errorReply(status: number, api: Api, words?: Words): Reply {
  return { status, ...errorBody(status, api, words) };
}

/** The JSON object in the body of a request; undefined if the body is anything else. */
export function objectIn(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}
