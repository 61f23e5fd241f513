import type { HubEndpoint } from '../faults.ts';

/** The APIs of the hub, each of which has its own error bodies. */
export type Api = 'mindconnectmqtt' | 'agentmanagement' | 'assetmanagement';

interface Route {
  readonly endpoint: HubEndpoint;
  readonly api: Api;
  readonly method: string;
  /** relative to `/api/{api}/v3/` */
  readonly path: string;
}

const ROUTES: readonly Route[] = [
  ...routesOf('mindconnectmqtt', [['create', 'POST', 'agentCertificates']]),
  ...routesOf('agentmanagement', [
    ['find-agent', 'GET', 'agents'],
    ['read-agent', 'GET', 'agents/{id}'],
    ['boarding-status', 'GET', 'agents/{id}/boarding/status'],
    ['offboard', 'POST', 'agents/{id}/boarding/offboard'],
    ['delete-agent', 'DELETE', 'agents/{id}'],
  ]),
  ...routesOf('assetmanagement', [
    ['find-asset', 'GET', 'assets'],
    ['read-asset', 'GET', 'assets/{id}'],
    ['delete-asset', 'DELETE', 'assets/{id}'],
  ]),
];

function routesOf(
  api: Api,
  routes: readonly (readonly [endpoint: HubEndpoint, method: string, path: string])[],
): readonly Route[] {
  return routes.map(([endpoint, method, path]) => ({ endpoint, api, method, path }));
}

/** The endpoint that a request goes to. */
export function endpointOf(method: string, path: string): HubEndpoint | undefined {
  const [plain = ''] = path.split('?');
  if (/^\/([\w-]+|api\/technicaltokenmanager\/v3)\/oauth\/token$/.test(plain)) {
    return method === 'POST' ? 'token' : undefined;
  }
  const parts = plain.split('/');
  return ROUTES.find((route) => route.method === method && fits(route, parts))?.endpoint;
}

function fits({ api, path }: Route, parts: readonly string[]): boolean {
  const wanted = `/api/${api}/v3/${path}`.split('/');
  return (
    wanted.length === parts.length &&
    wanted.every((part, index) => (part === '{id}' ? parts[index] !== '' : part === parts[index]))
  );
}

/** The id in a path, decoded. */
export function idOf(path: string): string {
  const [plain = ''] = path.split('?');
  return decodeURIComponent(plain.split('/')[5] ?? '');
}

/** The API that an endpoint belongs to; defaults to the one for certificates. */
export function apiOf(endpoint: HubEndpoint | undefined): Api {
  return ROUTES.find((route) => route.endpoint === endpoint)?.api ?? 'mindconnectmqtt';
}
