import type { HubEndpoint } from '../faults.ts';

/** The APIs of the hub, each of which has its own error bodies. */
export type Api = 'oauth' | 'mindconnectmqtt' | 'agentmanagement' | 'assetmanagement';

interface Route {
  readonly endpoint: HubEndpoint;
  readonly api: Api;
  readonly method: string;
  /** the segments of the path; `{id}` stands for any */
  readonly path: readonly string[];
}

const ROUTES: readonly Route[] = [
  // At the root, as on the tenant's own host, and below a path with the tenant's name.
  ...routesOf('oauth', '', [
    ['token', 'POST', 'oauth/token'],
    ['token-keys', 'GET', 'token_keys'],
  ]),
  ...routesOf('oauth', '{tenant}/', [
    ['token', 'POST', 'oauth/token'],
    ['token-keys', 'GET', 'token_keys'],
  ]),
  ...routesOf('oauth', 'api/technicaltokenmanager/v3/', [['token', 'POST', 'oauth/token']]),
  ...routesOf('mindconnectmqtt', 'api/mindconnectmqtt/v3/', [
    ['create', 'POST', 'agentCertificates'],
    ['list-certificates', 'GET', 'agentCertificates'],
    ['read-certificate', 'GET', 'agentCertificates/{id}'],
    ['delete-certificate', 'DELETE', 'agentCertificates/{id}'],
  ]),
  ...routesOf('agentmanagement', 'api/agentmanagement/v3/', [
    ['find-agent', 'GET', 'agents'],
    ['read-agent', 'GET', 'agents/{id}'],
    ['boarding-status', 'GET', 'agents/{id}/boarding/status'],
    ['offboard', 'POST', 'agents/{id}/boarding/offboard'],
    ['delete-agent', 'DELETE', 'agents/{id}'],
  ]),
  ...routesOf('assetmanagement', 'api/assetmanagement/v3/', [
    ['find-asset', 'GET', 'assets'],
    ['read-asset', 'GET', 'assets/{id}'],
    ['delete-asset', 'DELETE', 'assets/{id}'],
  ]),
];

function routesOf(
  api: Api,
  base: string,
  routes: readonly (readonly [endpoint: HubEndpoint, method: string, path: string])[],
): readonly Route[] {
  return routes.map(([endpoint, method, path]) => ({
    ...{ endpoint, api, method },
    path: `/${base}${path}`.split('/'),
  }));
}

/** The endpoint that a request goes to. */
export function endpointOf(method: string, path: string): HubEndpoint | undefined {
  const parts = plain(path).split('/');
  return ROUTES.find((route) => route.method === method && fits(route, parts))?.endpoint;
}

function fits({ path }: Route, parts: readonly string[]): boolean {
  return (
    path.length === parts.length &&
    path.every((part, index) => (isPlace(part) ? parts[index] !== '' : part === parts[index]))
  );
}

const isPlace = (part: string) => part.startsWith('{');

/** The id in a path, decoded. */
export function idOf(path: string): string {
  return decodeURIComponent(plain(path).split('/')[5] ?? '');
}

/** The parameters of a request. */
export function queryOf(path: string): URLSearchParams {
  return new URLSearchParams(path.slice(plain(path).length + 1));
}

const plain = (path: string) => path.split('?')[0] ?? '';

/** The API that an endpoint belongs to; defaults to the one for certificates. */
export function apiOf(endpoint: HubEndpoint | undefined): Api {
  return ROUTES.find((route) => route.endpoint === endpoint)?.api ?? 'mindconnectmqtt';
}

/** The API that a path without an endpoint belongs to; defaults to the one for certificates. */
export function apiAround(path: string): Api {
  const parts = plain(path).split('/', 3);
  return (
    ROUTES.find(({ path: own }) => parts.every((part, index) => part === own[index]))?.api ??
    'mindconnectmqtt'
  );
}
