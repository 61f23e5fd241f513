import { randomBytes } from 'node:crypto';

const reference = () => randomBytes(16).toString('hex');

/** Error bodies as the service words them: OAuth and gateway errors, and those of its APIs. */
export function errorBody(status: number): { readonly type: string; readonly body: string } {
  if (status === 401) {
    return json({
      error: 'token_validation_failed',
      error_description: `Provided token is not valid. [${reference()}]`,
    });
  }
  if (status === 429) return json({ message: 'API rate limit exceeded' });
  if (status >= 500) {
    return {
      type: 'text/html',
      body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
    };
  }
  const [code, message] = ERRORS[status] ?? ['requestRejected', 'The request was rejected.'];
  return json({
    errors: [{ code: `mdsp.core.mindconnectmqtt.${code}`, logref: reference(), message }],
  });
}

/** As the tenant's authorization server answers. */
export function oauthError(error: string, description: string) {
  return json({ error, error_description: description });
}

const ERRORS: Readonly<Record<number, readonly [string, string]>> = {
  400: ['badRequest', 'The request body is not valid.'],
  403: ['forbidden', 'The required scope is missing.'],
  404: ['notFound', 'There is no such resource.'],
  409: ['conflict', 'An agent with this name exists already.'],
};

function json(value: unknown) {
  return { type: 'application/json', body: JSON.stringify(value) };
}
