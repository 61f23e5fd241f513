import type { Reply } from '../embedded-server.ts';
import { errorBody } from './error-bodies.ts';
import type { Api } from './routes.ts';

export const NO_CONTENT: Reply = { status: 204, type: 'application/json', body: '' };

export function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** An error response of an API. */
export function errorReply(status: number, api: Api): Reply {
  return { status, ...errorBody(status, api) };
}
