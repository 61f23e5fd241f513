import { randomBytes } from 'node:crypto';
import type { Api } from './routes.ts';

interface ErrorBody {
  readonly type: string;
  readonly body: string;
}

/** The code and the message of an error. */
export type Words = readonly [code: string, message: string];

const reference = () => randomBytes(16).toString('hex');

/** The body of an error, from the gateway or from the API itself; by default with its usual text. */
export function errorBody(status: number, api: Api, words = wordsOf(status, api)): ErrorBody {
  if (status === 429) return json({ message: 'API rate limit exceeded' });
  if (status >= 500) {
    return {
      type: 'text/html',
      body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
    };
  }
  if (api === 'agentmanagement') return json({ id: reference(), message: words[1] });
  if (api === 'oauth' && status === 400) return oauthError('invalid_request', words[1]);
  if (api === 'oauth' && status === 401) return oauthError('unauthorized', 'Bad credentials');
  if (status === 401) {
    return oauthError('token_validation_failed', `Provided token is not valid. [${reference()}]`);
  }
  return serviceError(words);
}

/** The body of an error from an IoT service. */
export function serviceError([code, message]: Words): ErrorBody {
  return json({ errors: [{ code, logref: reference(), message }] });
}

/** The body of an error from the tenant's authorization server. */
export function oauthError(error: string, description: string): ErrorBody {
  return json({ error, error_description: description });
}

function wordsOf(status: number, api: Api): Words {
  const conflict = CONFLICTS[api];
  if (status === 409 && conflict !== undefined) return conflict;
  const [code, message] = ERRORS[status] ?? ['requestRejected', 'The request was rejected.'];
  return [`mdsp.core.${api === 'oauth' ? 'technicaltokenmanager' : api}.${code}`, message];
}

const ERRORS: Readonly<Record<number, Words>> = {
  400: ['badRequest', 'The request is not valid.'],
  401: ['unauthorized', 'The token is not valid.'],
  403: ['forbidden', 'The required scope is missing.'],
  404: ['notFound', 'There is no such resource.'],
  412: ['preconditionFailed', 'The resource has another version.'],
};

const CONFLICTS: Readonly<Partial<Record<Api, Words>>> = {
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
