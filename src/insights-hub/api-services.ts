import { paceOf } from '../http/pace.ts';
import type { ApiServices } from './call.ts';
import type { Credentials } from './credentials.ts';
import type { EndpointSettings } from './endpoints.ts';
import { type TokenServices, tokenSource } from './tokens.ts';

/** What calls of one tenant's APIs share: the token, and the pace that the service asks for. */
export function apiServices(
  credentials: Credentials,
  endpoints: EndpointSettings,
  services: TokenServices,
): ApiServices {
  return {
    ...services,
    endpoints,
    pace: paceOf(services.clock),
    tokens: tokenSource(credentials, endpoints, services),
  };
}
