import type { Secret } from '../secret.ts';
import { apiEndpoint, type EndpointSettings, tokenEndpoint } from './endpoints.ts';

/** The three ways to a Bearer token. */
export type Credentials = { readonly kind: 'token'; readonly token: Secret } | ClientCredentials;

/** Those that a token is fetched with. */
export type ClientCredentials =
  | ({ readonly kind: 'technical-user' } & OAuthClient)
  | ({
      readonly kind: 'application';
      readonly appName: string;
      readonly appVersion: string;
      /** tenant that hosts the application */
      readonly hostTenant: string;
    } & OAuthClient);

interface OAuthClient {
  /** base64 of `id:secret` (RFC 7617) */
  readonly basic: Secret;
}

/** Where a token is fetched with them. */
export function tokenUrlFor({ kind }: ClientCredentials, endpoints: EndpointSettings): URL {
  if (kind === 'technical-user') return tokenEndpoint(endpoints);
  return apiEndpoint(endpoints, 'technicaltokenmanager', 'oauth/token');
}
