import { type EarlyConnections, earlyConnections } from '../http/early.ts';
import { proxyFor } from '../http/proxy.ts';
import { tokenUrlFor } from '../insights-hub/credentials.ts';
import { apiEndpoint } from '../insights-hub/endpoints.ts';
import type { Inputs } from './inputs.ts';

/**
 * Opens the connections that a run is about to need. Their handshakes take as long as it takes to
 * load the run's code, and go on at the same time. Nothing is sent.
 */
export function connectAhead(inputs: Inputs): EarlyConnections {
  const early = earlyConnections();
  for (const url of connectionsAhead(inputs)) early.open(url);
  return early;
}

/**
 * The places to connect to, once for each connection, the most urgent first: none through a proxy,
 * and none for agents that may be there already.
 */
export function connectionsAhead({
  agents,
  concurrency,
  credentials,
  endpoints,
  github,
  dryRun,
  ifExists,
  proxies,
}: Inputs): readonly URL[] {
  if (agents.length === 0 || ifExists === 'skip') return [];
  const tokens = credentials.kind === 'token' ? [] : [tokenUrlFor(credentials, endpoints)];
  const gateway = apiEndpoint(endpoints, 'mindconnectmqtt', 'agentCertificates');
  // The token's own connection serves the first agent where both are at one place.
  const reused = tokens.filter(({ origin }) => origin === gateway.origin).length;
  const creates = dryRun ? 0 : Math.min(agents.length, concurrency) - reused;
  // Key and certificate are pushed at the same time.
  const pushes = dryRun || github === undefined ? 0 : github.places.length * 2;
  const urls = [
    ...tokens,
    ...Array<URL>(creates).fill(gateway),
    ...Array<URL>(pushes).fill(new URL(github?.apiUrl ?? gateway)),
  ];
  return urls.filter((url) => proxyFor(url, proxies) === undefined);
}
