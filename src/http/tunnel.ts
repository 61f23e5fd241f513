import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { hostOf } from './host.ts';
import { explainProxyError, ProxyError } from './network-error.ts';
import { orAborted } from './or-aborted.ts';
import type { HttpProxy } from './proxy.ts';
import { buildConnector, Client, connect } from './undici.ts';

/**
 * Opens a tunnel through a proxy (CONNECT, RFC 9110, 9.3.6) to `authority`, a host and a port.
 * Throws ProxyError, or the signal's reason when it aborts.
 */
export async function openTunnel(
  proxy: HttpProxy,
  authority: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const { origin, hostname, username, password } = new URL(proxy.url);
  const client = new Client(origin, { connect: connectorTo(hostname), headersTimeout: 0 });
  try {
    const headers = {
      host: authority,
      ...(username !== '' && { 'proxy-authorization': basic(username, password) }),
    };
    const answer = await orAborted(
      connect.call(client, { origin, path: authority, headers, signal }),
      signal,
    );
    const { statusCode: status } = answer;
    if (status < 200 || status > 299) {
      answer.socket.on('error', () => {}).destroy();
      throw new ProxyError(`answered with status ${status}`, { status });
    }
    answer.socket.once('close', () => void client.destroy());
    return answer.socket;
  } catch (error) {
    void client.destroy();
    if (signal.aborted || error instanceof ProxyError) throw error;
    throw new ProxyError(explainProxyError(error), { cause: error });
  }
}

/** Connects to the proxy itself: undici would take the tunnel's target for the name in TLS. */
function connectorTo(hostname: string): buildConnector.connector {
  // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
  const connector = buildConnector({ rejectUnauthorized: true });
  const address = hostOf({ hostname });
  const servername = isIP(address) === 0 ? hostname : '';
  return (options, callback) => connector({ ...options, servername }, callback);
}

function basic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
