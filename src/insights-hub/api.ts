import { asFailure } from '../failure.ts';
import type { Clock } from '../http/clock.ts';
import { type Answer, isRateLimited, type Service } from '../http/errors.ts';
import { type Call, sendCall } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';
import type { Secret, SecretKeeper } from '../secret.ts';
import type { QuotaKind, Quotas } from './quotas.ts';
import { type HubServices, tokenSource } from './tokens.ts';
import { type Api, adviceWhenUnknown, apiUrlOf, type Credentials, type HubUrls } from './urls.ts';

/** A call of one of Insights Hub's APIs. */
export interface ApiCall extends Omit<Call, 'url' | 'headers' | 'service' | 'body'> {
  readonly api: Api;
  /** below the API's base, each part encoded */
  readonly path: string;
  /** what to look for, in the form of the APIs' parameter `filter` */
  readonly filter?: Readonly<Record<string, string>>;
  /** the tag that the resource must still have */
  readonly ifMatch?: string;
  /** sent as JSON */
  readonly body?: object;
  /** which quota it uses; `other` if not given */
  readonly quota?: QuotaKind;
}

/** The APIs of one tenant. */
export interface HubApi {
  readonly clock: Clock;
  readonly secrets: SecretKeeper;
  /** Gets a token ready. Throws `token-rejected`, and the failures of any call. */
  authenticate(limit: TimeLimit): Promise<void>;
  /** Returns a successful answer, or throws the failure of the call. */
  call(call: ApiCall, limit: TimeLimit): Promise<Answer>;
}

/** After a shorter wait, the token is not checked again, in milliseconds. */
const SHORT_TURN = 1_000;

/** All calls share one token. Calls of one kind share a quota. */
export function hubApi(
  credentials: Credentials,
  urls: HubUrls,
  quotas: Quotas,
  services: HubServices,
): HubApi {
  const { clock, secrets } = services;
  const tokenFor = tokenSource(credentials, urls, insightsHub, services);
  return {
    clock,
    secrets,
    authenticate: async (limit) => void (await tokenFor(limit)),
    async call(call, limit) {
      let known: { readonly token: Secret; readonly at: number } | undefined;
      const refresh = async (refused?: Secret) => {
        const token = await tokenFor(limit, refused);
        known = { token, at: clock.now() };
        return token;
      };
      // Waiting for a turn may take longer than the token lives.
      const current = async () =>
        known && clock.now() - known.at < SHORT_TURN ? known.token : refresh();
      await refresh();
      const throttle = quotas[call.quota ?? 'other'];
      const send = () =>
        sendCall(httpCallOf(call, urls, current), limit, { ...services, throttle });
      try {
        return await send();
      } catch (error) {
        // After any kind of 401, a fresh token can do no harm.
        if (asFailure(error).call?.status !== 401 || limit.signal.aborted) throw error;
        // The token may have been revoked: try a fresh one, once.
        const refused = known?.token;
        if ((await refresh(refused)) === refused) throw error;
        return send();
      }
    },
  };
}

function httpCallOf(call: ApiCall, urls: HubUrls, current: () => Promise<Secret>): Call {
  const { api, path, filter, ifMatch, body, quota: _, ...rest } = call;
  const url = apiUrlOf(urls, api, path);
  if (filter !== undefined) url.searchParams.set('filter', JSON.stringify(filter));
  return {
    ...rest,
    url,
    service: insightsHub,
    adviceWhenUnknown: adviceWhenUnknown(urls, 'api-url'),
    headers: {
      // As in Siemens' SDK: Asset Management answers 500 to `application/json`.
      accept: '*/*',
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    lateHeaders: async () => ({ authorization: { scheme: 'Bearer', secret: await current() } }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

/** The message for a 401. */
export const TOKEN_REFUSED =
  'Insights Hub rejected the token. Check that it was issued for this tenant and has not expired: tokens are valid for about 30 minutes.';

/**
 * The conventions of Insights Hub. Its error bodies come in several shapes: `{errors: [{code, errorcode,
 * logref, message}]}` of the IoT services, `{id, message}` of Agent Management, `{error,
 * error_description}` of OAuth and the gateway, also with an `id`.
 */
export const insightsHub: Service = {
  isRateLimited,
  adviceWhenMoved: 'The tenant may have moved to other hosts: set `api-url` and `token-url`.',
  readError({ body }) {
    const { errors, ...top } = parseJsonObject(body) ?? {};
    const error = (Array.isArray(errors) && asObject(errors[0])) || top;
    return {
      code: asText(error['code']) ?? asText(error['errorcode']) ?? asText(error['error']),
      message: asText(error['message']) ?? asText(error['error_description']),
      reference: asText(error['logref']) ?? asText(error['id']),
    };
  },
};
