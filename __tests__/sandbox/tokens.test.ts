import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { agents, type Json, startHub } from './calls.ts';

const pairs = await makePairs(1);
const start = (options: object = {}) => startHub({ pairs, ...options });

const basic = ({ id, secret }: { readonly id: string; readonly secret: string }) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

const FORM = 'application/x-www-form-urlencoded';
const MANAGER = '/api/technicaltokenmanager/v3/oauth/token';

/** Requests a token as a technical user does by default. */
async function ask(hub: InsightsHub, path: string, options: RequestInit = {}) {
  const response = await fetch(`${hub.origin}${path}`, {
    method: 'POST',
    headers: { authorization: basic(hub.technicalUser), 'content-type': FORM },
    body: 'grant_type=client_credentials',
    ...options,
  });
  return { status: response.status, body: (await response.json()) as Json };
}

/** Asks for a token as an application does, with a body over the one that succeeds. */
function askAsApplication(hub: InsightsHub, body?: string) {
  const { appName, appVersion } = hub.application;
  const known = { appName, appVersion, hostTenant: hub.tenant, userTenant: hub.tenant };
  const headers = {
    'x-space-auth-key': basic(hub.application),
    'content-type': 'application/json',
  };
  return ask(hub, MANAGER, { headers, body: body ?? JSON.stringify(known) });
}

function partsOf(token: unknown) {
  const [header = '', claims = '', signature = ''] = `${token}`.split('.');
  const read = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());
  return {
    header: read(header),
    claims: read(claims),
    text: `${header}.${claims}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

describe('tokens', () => {
  test.each(['/oauth/token', '/mqtt1/oauth/token', '/oauth/token?x=1'])(
    'come from %s',
    async (path) => {
      const { hub } = await start();
      const { status, body } = await ask(hub, path);
      expect(status).toBe(200);
      expect(body).toEqual({
        access_token: expect.stringMatching(/^eyJ.{200,}$/),
        token_type: 'bearer',
        expires_in: 1799,
        scope: expect.any(String),
        jti: expect.any(String),
      });
      expect(hub.tokens).toContain(body['access_token']);
      expect(hub.seen('token')).toHaveLength(1);
    },
  );

  test('can be requested in the query', async () => {
    const { hub } = await start();
    const path = '/oauth/token?grant_type=client_credentials';
    expect((await ask(hub, path, { body: '' })).status).toBe(200);
    const { status, body } = await ask(hub, '/oauth/token', { body: '' });
    expect({ status, error: body['error'] }).toEqual({
      status: 400,
      error: 'unsupported_grant_type',
    });
  });

  test('are not issued to unknown users', async () => {
    const { hub } = await start();
    const headers = { authorization: 'Basic eDp5' };
    const refused = {
      status: 401,
      body: { error: 'unauthorized', error_description: 'Bad credentials' },
    };
    expect(await ask(hub, '/oauth/token', { headers })).toEqual(refused);
    expect(await ask(hub, MANAGER)).toEqual(refused);
  });

  test('are issued to applications, for a body of JSON', async () => {
    const { hub } = await start();
    expect(await askAsApplication(hub)).toEqual({
      status: 200,
      body: {
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 1800,
        timestamp: expect.any(Number),
      },
    });
    for (const body of ['', '{', '[]', 'null']) {
      expect(await askAsApplication(hub, body)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
    expect(await askAsApplication(hub, '{"appName":"other"}')).toMatchObject({
      status: 403,
      body: { errors: [{ code: 'mdsp.core.technicaltokenmanager.forbidden' }] },
    });
  });

  test.each(['/token_keys', '/mqtt1/token_keys'])(
    'are JWTs, signed with the first key of %s',
    async (path) => {
      const { hub } = await start({ tokenLife: 100 });
      const { body } = await ask(hub, '/oauth/token');
      const response = await fetch(`${hub.origin}${path}`);
      const { keys } = (await response.json()) as { readonly keys: readonly Json[] };
      const [key = {}] = keys;
      expect(key).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB' });
      const { header, claims, text, signature } = partsOf(body['access_token']);
      expect(header).toEqual({ alg: 'RS256', kid: key['kid'], typ: 'JWT' });
      expect(verify('sha256', Buffer.from(text), `${key['value']}`, signature)).toBe(true);
      const jwk = { kty: 'RSA', n: `${key['n']}`, e: `${key['e']}` };
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      expect(verify('sha256', Buffer.from(text), publicKey, signature)).toBe(true);
      expect(claims).toMatchObject({ ten: 'mqtt1', sub: 'mqtt1-ci' });
      expect(Number(claims['exp']) - Number(claims['iat'])).toBe(100);
      expect(body['expires_in']).toBe(100);
    },
  );

  test('are rejected when they have expired', async () => {
    const { hub, calls } = await start({ tokenLife: 0 });
    expect((await calls.call(agents)).status).toBe(401);
    const { claims } = partsOf(hub.issueToken());
    expect(claims['exp']).toBe(claims['iat']);
  });

  test('can be of any other kind', async () => {
    const { hub, calls } = await start({ makeToken: () => 'some token' });
    expect(hub.issueToken()).toBe('some token');
    expect((await calls.call(agents)).status).toBe(200);
    const headers = { authorization: 'bearer some token' };
    expect((await calls.call(agents, { headers })).status).toBe(200);
  });
});
