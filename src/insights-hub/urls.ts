import type { Secret } from '../secret.ts';

/** The APIs of Insights Hub that are used, by their names in URLs. */
export type Api =
  | 'mindconnectmqtt'
  | 'technicaltokenmanager'
  | 'agentmanagement'
  | 'assetmanagement';

/** The parts of a tenant's URLs. */
export interface HubUrls {
  readonly tenant: string;
  readonly region: string;
  /** base URL of the APIs, with `{api}` */
  readonly apiUrl: string;
  /** where a technical user's token comes from */
  readonly tokenUrl: string;
}

/** The three ways to get a Bearer token. */
export type Credentials = { readonly kind: 'token'; readonly token: Secret } | ClientCredentials;

/** Credentials to fetch a token with. */
export type ClientCredentials = {
  /** base64 of `id:secret` (RFC 7617) */
  readonly basic: Secret;
} & (
  | { readonly kind: 'technical-user' }
  | {
      readonly kind: 'application';
      readonly appName: string;
      readonly appVersion: string;
      /** tenant that hosts the application */
      readonly hostTenant: string;
    }
);

export const DEFAULT_API_URL = 'https://gateway.{region}.mindsphere.io/api/{api}/v3';
export const DEFAULT_TOKEN_URL = 'https://{tenant}.piam.{region}.mindsphere.io/oauth/token';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Replaces each `{name}` by its value; a placeholder without a value stays. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) => values[name] ?? placeholder);
}

/** The placeholders of a template that are not among the names. */
export function unknownPlaceholders(template: string, names: readonly string[]): readonly string[] {
  const placeholders = template.match(PLACEHOLDER) ?? [];
  return placeholders.filter((placeholder) => !names.includes(placeholder.slice(1, -1)));
}

/** What to do if DNS does not know the host of a URL: check the inputs that its name is made of. */
export function adviceWhenUnknown(urls: HubUrls, input: 'api-url' | 'token-url'): string {
  const template = input === 'api-url' ? urls.apiUrl : urls.tokenUrl;
  const isUsual = template === (input === 'api-url' ? DEFAULT_API_URL : DEFAULT_TOKEN_URL);
  const [, host = ''] = /^\w+:\/\/([^/]*)/.exec(template) ?? [];
  const parts = ['tenant', 'region'].filter((name) => host.includes(`{${name}}`));
  const inputs = isUsual ? parts : [...parts, input];
  const named = inputs.map((name) => `\`${name}\``).join(' and ');
  return `Check ${named}. If the runner needs a proxy, set HTTPS_PROXY.`;
}

/** The URL of a path below an API's base, for example `…/api/mindconnectmqtt/v3/agentCertificates`. */
export function apiUrlOf({ tenant, region, apiUrl }: HubUrls, api: Api, path: string): URL {
  const base = fillTemplate(apiUrl, { tenant, region, api });
  return new URL(`${base.replace(/\/+$/, '')}/${path}`);
}

/** Where to fetch a token: from the tenant's own server, or from the Technical Token Manager. */
export function tokenUrlOf({ kind }: ClientCredentials, urls: HubUrls): URL {
  if (kind === 'application') return apiUrlOf(urls, 'technicaltokenmanager', 'oauth/token');
  const { tenant, region, tokenUrl } = urls;
  return new URL(fillTemplate(tokenUrl, { tenant, region }));
}
