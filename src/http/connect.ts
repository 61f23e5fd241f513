import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostOf, portOf } from './proxy.ts';

export interface ConnectOptions {
  /** closes the connection, even while it is still being opened */
  readonly signal?: AbortSignal;
  /** a connection to the host that is already open */
  readonly tunnel?: Socket | undefined;
}

/** Starts to connect to the host of a URL: over TCP, or over TLS for `https:`. */
export function startConnecting(url: URL, { signal, tunnel }: ConnectOptions = {}): Socket {
  const host = hostOf(url);
  const target = { host, port: portOf(url), ...(signal && { signal }) };
  if (url.protocol === 'http:') return connectTcp({ ...target, noDelay: true });
  return connectTls({
    ...target,
    ...(tunnel && { socket: tunnel }),
    // A name is sent to the server (SNI); an address can't be.
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['http/1.1'],
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    rejectUnauthorized: true,
  }).setNoDelay();
}

/** Waits up to `time` milliseconds until a connection is open. Throws if it fails, after closing it. */
export function whenOpen(socket: Socket, time: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(systemError('ETIMEDOUT')), time).unref();
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once('error', reject).once('close', () => {
      clearTimeout(timer);
      reject(systemError('ECONNRESET'));
    });
  });
}

/** An error with a code, like those of the system. */
export function systemError(code: 'ECONNRESET' | 'ETIMEDOUT'): Error {
  return Object.assign(new Error(code), { code });
}
