import { randomBytes } from 'node:crypto';
import type { Api } from './routes.ts';

interface ErrorBody {
  readonly type: string;
  readonly body: string;
}

const reference = () => randomBytes(16).toString('hex');

/** The body of an error, from the gateway or from the API itself. */
export function errorBody(status: number, api: Api): ErrorBody {
  if (status === 429) return json({ message: 'API rate limit exceeded' });
  if (status >= 500) {
    return {
      type: 'text/html',
      body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
    };
  }
  if (api === 'agentmanagement') return json({ id: reference(), message: wordsOf(status, api)[1] });
  if (status === 401) {
    return oauthError('token_validation_failed', `Provided token is not valid. [${reference()}]`);
  }
  const [code, message] = wordsOf(status, api);
  return json({ errors: [{ code, logref: reference(), message }] });
}

/** The body of an error from the tenant's authorization server. */
export function oauthError(error: string, description: string): ErrorBody {
  return json({ error, error_description: description });
}

type Words = readonly [code: string, message: string];

function wordsOf(status: number, api: Api): Words {
  if (status === 409) return CONFLICTS[api];
  const [code, message] = ERRORS[status] ?? ['requestRejected', 'The request was rejected.'];
  return [`mdsp.core.${api}.${code}`, message];
}

const ERRORS: Readonly<Record<number, Words>> = {
  400: ['badRequest', 'The request is not valid.'],
  401: ['unauthorized', 'The token is not valid.'],
  403: ['forbidden', 'The required scope is missing.'],
  404: ['notFound', 'There is no such resource.'],
  412: ['preconditionFailed', 'The resource has another version.'],
};

const CONFLICTS: Readonly<Record<Api, Words>> = {
  mindconnectmqtt: [
    'mdsp.core.mindconnectmqtt.conflict',
    'An agent with this name exists already.',
  ],
  agentmanagement: [
    'agentmanagement.agent.onboarded',
    'Agent is onboarded, cannot delete agent until offboard finished',
  ],
  assetmanagement: [
    'agentmanagement.agent.onboarded',
    'Agent is onboarded, cannot delete asset until offboard finished',
  ],
};

function json(value: unknown): ErrorBody {
  return { type: 'application/json', body: JSON.stringify(value) };
}
