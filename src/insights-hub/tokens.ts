import { asFailure, Failure, type FailureCode } from '../failure.ts';
import type { Service } from '../http/errors.ts';
import { type Call, type CallServices, sendCall } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asText, parseJsonObject } from '../json.ts';
import { Secret, type SecretKeeper, SHORTEST_SECRET } from '../secret.ts';
import {
  adviceWhenUnknown,
  type ClientCredentials,
  type Credentials,
  type HubUrls,
  tokenUrlOf,
} from './urls.ts';

export interface HubServices extends Omit<CallServices, 'throttle'> {
  readonly secrets: SecretKeeper;
}

/** A token with less time left than this is refreshed, in milliseconds. */
const LEAST_LIFE = 60_000;

/** How a request fails that has too little time. */
const OUT_OF_TIME: readonly FailureCode[] = ['timeout', 'rate-limited'];

interface FetchedToken {
  readonly token: Secret;
  /** milliseconds since 1970 */
  readonly expiresAt: number;
}

/**
 * One token for all callers. Fetches it when it is first needed, and refreshes it before it expires or
 * if it was `refused`. A token that was given is never refreshed.
 */
export function tokenSource(
  credentials: Credentials,
  urls: HubUrls,
  service: Service,
  services: HubServices,
): (limit: TimeLimit, refused?: Secret) => Promise<Secret> {
  if (credentials.kind === 'token') return async () => credentials.token;
  const call = tokenCall(credentials, urls, service);
  let current: FetchedToken | undefined;
  let fetching: Promise<FetchedToken> | undefined;
  return async (limit, refused) => {
    if (current?.token === refused) current = undefined;
    while (current === undefined || current.expiresAt - services.clock.now() < LEAST_LIFE) {
      const isOwn = fetching === undefined;
      fetching ??= fetchToken(call, services, limit).finally(() => {
        fetching = undefined;
      });
      try {
        current = await fetching;
        // Used at least once, even if it expires soon.
        break;
      } catch (error) {
        // The caller that fetched it may have had less time than this one.
        const isTheirs = !isOwn && OUT_OF_TIME.includes(asFailure(error).code);
        if (!isTheirs || limit.signal.aborted) throw error;
      }
    }
    return current.token;
  };
}

/**
 * The request for a technical user (OAuth 2 client credentials at the tenant's authorization
 * server) or an application (Technical Token Manager v3, `/oauth/token`).
 */
function tokenCall(credentials: ClientCredentials, urls: HubUrls, service: Service): Call {
  const isApplication = credentials.kind === 'application';
  const refused =
    'The token endpoint rejected the credentials. Check `oauth-client-id`, `oauth-client-secret` and `tenant`. For application credentials, also check `app-name`, `app-version` and `host-tenant`.';
  const rejected = (message: string) => ({ code: 'token-rejected', message }) as const;
  const common = {
    what: 'The token request',
    method: 'POST',
    url: tokenUrlOf(credentials, urls),
    service,
    adviceWhenUnknown: adviceWhenUnknown(urls, isApplication ? 'api-url' : 'token-url'),
    changesNothing: true,
    meanings: {
      400: rejected(refused),
      401: rejected(
        `${refused} "Service credentials" from Insights Hub's Settings app work for Cloud Foundry only. Use those of a technical user.`,
      ),
      403: rejected(refused),
    },
  } as const;
  const basic = { scheme: 'Basic', secret: credentials.basic } as const;
  if (!isApplication) {
    const type = 'application/x-www-form-urlencoded';
    return {
      ...common,
      headers: { authorization: basic, 'content-type': type, accept: '*/*' },
      body: 'grant_type=client_credentials',
    };
  }
  const { appName, appVersion, hostTenant } = credentials;
  const type = 'application/json';
  return {
    ...common,
    headers: { 'x-space-auth-key': basic, 'content-type': type, accept: type },
    body: JSON.stringify({ appName, appVersion, hostTenant, userTenant: urls.tenant }),
  };
}

/** Throws `token-rejected`, `response-invalid`, and the failures of any call. */
async function fetchToken(call: Call, services: HubServices, limit: TimeLimit) {
  const asked = services.clock.now();
  const { method, url, status, body } = await sendCall(call, limit, services);
  const answer = parseJsonObject(body) ?? {};
  const { token_type: type = 'Bearer', expires_in: seconds } = answer;
  const text = asText(answer['access_token']) ?? '';
  const token = new Secret(text);
  const isLong = text.length >= SHORTEST_SECRET;
  if (isLong) services.secrets.mask([token]);
  // Only visible ASCII fits into an Authorization header (RFC 6750, RFC 9110).
  const isToken = isLong && /^[\x21-\x7e]+$/.test(text);
  if (!isToken || asText(type)?.toLowerCase() !== 'bearer') {
    throw new Failure(
      'response-invalid',
      'The answer to the token request contains no Bearer token. Check that `token-url` or `api-url` leads to a token endpoint.',
      { call: { method, url, status, said: {} } },
    );
  }
  const life = typeof seconds === 'number' ? seconds * 1000 : Number.POSITIVE_INFINITY;
  return { token, expiresAt: asked + life };
}
