import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostOf, portOf } from './proxy.ts';

export interface ConnectOptions {
  /** closes the connection, also while it is still being made */
  readonly signal?: AbortSignal;
  /** a connection that leads to the host already */
  readonly tunnel?: Socket | undefined;
}

/** Begins to connect to the host of a URL: by TCP, or by TLS for `https:`. */
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
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    rejectUnauthorized: true,
  }).setNoDelay();
}

/** Waits until a connection can be used, for `time` milliseconds. Throws why it can't, and closes it. */
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

/** An error like those of the system, which are known by their codes. */
export function systemError(code: 'ECONNRESET' | 'ETIMEDOUT'): Error {
  return Object.assign(new Error(code), { code });
}
