import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { errorCode } from '../failure.ts';
import { COMPANY_CA, certificateProblem } from './certificate-problems.ts';
import { ProxyError } from './errors.ts';
import { type HttpProxy, hostOf, portOf } from './proxy.ts';

/**
 * Opens a tunnel through a proxy (CONNECT, RFC 9110, 9.3.6) to `authority`, a host and a port.
 * Throws ProxyError, or the signal's reason if it aborts.
 */
export function openTunnel(
  proxy: HttpProxy,
  authority: string,
  signal: AbortSignal,
): Promise<Socket> {
  const url = new URL(proxy.url);
  const host = hostOf(url);
  const options = {
    method: 'CONNECT',
    host,
    port: portOf(url),
    path: authority,
    headers: { host: authority, ...credentialsOf(url) },
    maxHeaderSize: 64 * 1024,
    // A separate connection, which becomes the tunnel.
    agent: false,
    signal,
    // The default would be the tunnel's target. An address can't be sent as a name (SNI).
    servername: isIP(host) === 0 ? host : '',
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    rejectUnauthorized: true,
  };
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps(options) : requestHttp(options);
    // Node emits this for any answer to a CONNECT.
    request.on('connect', ({ statusCode: status = 0 }, socket, head) => {
      if (status >= 200 && status <= 299) {
        socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.on('error', () => {}).destroy();
      reject(new ProxyError(`answered with status ${status}`, { status }));
    });
    request.on('error', (cause) => {
      reject(signal.aborted ? signal.reason : unreachable(cause));
    });
    request.end();
  });
}

function unreachable(cause: Error): ProxyError {
  const code = errorCode(cause);
  const problem = certificateProblem(code, CHECKS);
  if (problem === undefined) return new ProxyError(`can't be reached (${code})`, { cause });
  const reason = `can't be reached: its TLS certificate ${problem.says} (${code})`;
  return new ProxyError(reason, { cause, problem });
}

const CHECKS = { host: 'Check the host in that variable.', authority: COMPANY_CA };

function credentialsOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
