import { asFailure, Failure } from '../failure.ts';
import type { HttpClient, HttpRequest } from '../http/client.ts';
import { type CallContext, failedCall, refusal } from '../http/refusal.ts';
import { type Clock, isPassing, isSuccess, sendWithRetries } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { parseJsonObject } from '../json.ts';
import { Secret, type SecretKeeper, SHORTEST_SECRET } from '../secret.ts';
import { type ClientCredentials, type Credentials, tokenUrlFor } from './credentials.ts';
import type { EndpointSettings } from './endpoints.ts';
import { insightsHub, readReference } from './refusals.ts';

export interface TokenServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly secrets: SecretKeeper;
}

/** Where calls get their token from. */
export interface TokenSource {
  /** Whether a refused token can be replaced by a fresh one. */
  readonly renewable: boolean;
  /** A token that lives for a minute at least, as far as its lifetime is known. */
  get(limit: TimeLimit): Promise<Secret>;
  /** Forgets a token that was refused, so that the next `get` fetches a fresh one. */
  discard(token: Secret): void;
}

/** A token with less time left than this is fetched anew, in milliseconds. */
const LEAST_LIFE = 60_000;

const CONTEXT: CallContext = {
  ...insightsHub,
  what: 'The token request',
  meanings: {
    400: { code: 'token-rejected', message: refused() },
    401: {
      code: 'token-rejected',
      message: `${refused()} Note that "service credentials" from Insights Hub's Settings app are for Cloud Foundry only and don't work here; a technical user's do.`,
    },
    403: { code: 'token-rejected', message: refused() },
  },
};

interface FetchedToken {
  readonly token: Secret;
  /** milliseconds since 1970 */
  readonly expiresAt: number;
}

/** One token for everything that asks: fetched when first needed, and again when it is used up. */
export function tokenSource(
  credentials: Credentials,
  endpoints: EndpointSettings,
  services: TokenServices,
): TokenSource {
  if (credentials.kind === 'token') {
    const { token } = credentials;
    return { renewable: false, get: async () => token, discard: () => {} };
  }
  const request = tokenRequest(credentials, endpoints);
  let current: FetchedToken | undefined;
  let fetching: Promise<FetchedToken> | undefined;
  return {
    renewable: true,
    async get(limit) {
      const isFresh = ({ expiresAt }: FetchedToken) =>
        expiresAt - services.clock.now() >= LEAST_LIFE;
      while (current === undefined || !isFresh(current)) {
        const isOwn = fetching === undefined;
        fetching ??= fetchToken(request, services, limit).finally(() => {
          fetching = undefined;
        });
        try {
          current = await fetching;
          break;
        } catch (error) {
          // Whoever fetched it may have had less time than is left here.
          const isTheirs = !isOwn && asFailure(error).code === 'timeout';
          if (!isTheirs || limit.signal.aborted) throw error;
        }
      }
      return current.token;
    },
    discard(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

/**
 * The request for a technical user (OAuth 2 client credentials at the tenant's authorization
 * server) or an application (Technical Token Manager v3, `/oauth/token`).
 */
function tokenRequest(credentials: ClientCredentials, endpoints: EndpointSettings): HttpRequest {
  const basic = { scheme: 'Basic', secret: credentials.basic } as const;
  const url = tokenUrlFor(credentials, endpoints);
  if (credentials.kind === 'technical-user') {
    return {
      method: 'POST',
      url,
      headers: {
        authorization: basic,
        'content-type': 'application/x-www-form-urlencoded',
        accept: '*/*',
      },
      body: 'grant_type=client_credentials',
      readReference,
    };
  }
  const { appName, appVersion, hostTenant } = credentials;
  return {
    method: 'POST',
    url,
    headers: {
      'x-space-auth-key': basic,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify({ appName, appVersion, hostTenant, userTenant: endpoints.tenant }),
    readReference,
  };
}

/** Throws `token-rejected`, `response-invalid` and what any call may end in. */
async function fetchToken(
  request: HttpRequest,
  { http, clock, secrets }: TokenServices,
  limit: TimeLimit,
): Promise<FetchedToken> {
  const asked = clock.now();
  const outcome = await sendWithRetries(request, { http, clock, limit, mayRepeat: isPassing });
  const { exchange } = outcome;
  if (outcome.ended || !isSuccess(exchange) || exchange.kind !== 'answer') {
    throw refusal(CONTEXT, request, outcome, limit);
  }
  const answer = parseJsonObject(exchange.body);
  const text = answer?.['access_token'];
  if (typeof text === 'string' && text.length >= SHORTEST_SECRET) secrets.mask([new Secret(text)]);
  if (answer === undefined || !isToken(text) || !isBearer(answer['token_type'])) {
    throw new Failure(
      'response-invalid',
      'The answer to the token request holds no Bearer token. Check that `token-url` or `api-url` leads to a token endpoint.',
      { call: failedCall(CONTEXT, request, exchange) },
    );
  }
  const seconds = answer['expires_in'];
  const life = typeof seconds === 'number' ? seconds * 1000 : Number.POSITIVE_INFINITY;
  return { token: new Secret(text), expiresAt: asked + life };
}

/** Whether a value can be sent in an Authorization header: visible ASCII (RFC 6750, RFC 9110). */
function isToken(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length >= SHORTEST_SECRET && /^[\x21-\x7e]+$/.test(value)
  );
}

function isBearer(type: unknown): boolean {
  return type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer');
}

function refused(): string {
  return 'The token endpoint did not accept the credentials. Check `oauth-client-id`, `oauth-client-secret` and `tenant`; for application credentials also `app-name`, `app-version` and `host-tenant`.';
}
