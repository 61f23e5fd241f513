/** The APIs of Insights Hub that are used, by their names in URLs. */
export type Api =
  | 'mindconnectmqtt'
  | 'technicaltokenmanager'
  | 'agentmanagement'
  | 'assetmanagement';

/** What the URLs of one tenant are made from. */
export interface EndpointSettings {
  readonly tenant: string;
  readonly region: string;
  /** base of the APIs, with `{api}` */
  readonly apiUrl: string;
  /** where a technical user's token comes from */
  readonly tokenUrl: string;
}

export const DEFAULT_API_URL = 'https://gateway.{region}.mindsphere.io/api/{api}/v3';
export const DEFAULT_TOKEN_URL = 'https://{tenant}.piam.{region}.mindsphere.io/oauth/token';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Replaces `{name}` by its value; a placeholder without a value stays as it is. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) => values[name] ?? placeholder);
}

/** The placeholders of a template that none of the names fills. */
export function unknownPlaceholders(template: string, names: readonly string[]): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)]
    .filter(([, name]) => name === undefined || !names.includes(name))
    .map(([placeholder]) => placeholder);
}

/** The URL of a path below an API's base, e.g. `…/api/mindconnectmqtt/v3/agentCertificates`. */
export function apiEndpoint(settings: EndpointSettings, api: Api, path: string): URL {
  const { tenant, region } = settings;
  const base = fillTemplate(settings.apiUrl, { tenant, region, api });
  return new URL(`${base.replace(/\/+$/, '')}/${path}`);
}

export function tokenEndpoint({ tenant, region, tokenUrl }: EndpointSettings): URL {
  return new URL(fillTemplate(tokenUrl, { tenant, region }));
}
