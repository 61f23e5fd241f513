import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostOf } from './host.ts';
import type { buildConnector } from './undici.ts';

/** Later than this, in milliseconds, a server may be about to end a connection that nobody used. */
const FRESH = 3_000;

/** Connections that are opened before there is anything to send. */
export interface EarlyConnections {
  /** Opens one. Sends nothing; what goes wrong is for the request to find out. */
  open(url: URL): void;
  /**
   * Hands out one to this origin, each once: nothing when there is none that is fresh, or when it
   * could not be opened.
   */
  take(origin: string): Promise<Socket | undefined> | undefined;
  /** Ends all of them. */
  close(): void;
}

type HandOut = () => Promise<Socket | undefined>;

export function earlyConnections(fresh = FRESH): EarlyConnections {
  const sockets: Socket[] = [];
  const ready = new Map<string, HandOut[]>();
  return {
    open(url) {
      const socket = startConnecting(url);
      sockets.push(socket);
      ready.set(url.origin, [...(ready.get(url.origin) ?? []), whenOpened(socket, fresh)]);
    },
    take: (origin) => ready.get(origin)?.shift()?.(),
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Uses the connections that were opened ahead, and then makes its own. */
export function withEarly(
  early: EarlyConnections,
  connector: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) => {
    const { protocol, hostname, port } = options;
    const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
    const taken = early.take(new URL(`${protocol}//${host}:${port}`).origin);
    if (taken === undefined) return connector(options, callback);
    void taken.then((socket) => {
      if (socket === undefined) connector(options, callback);
      else callback(null, socket);
    });
  };
}

/** As undici opens its own. */
function startConnecting(url: URL): Socket {
  const { protocol, port } = url;
  const host = hostOf(url);
  if (protocol === 'http:') return connectTcp({ host, port: Number(port || 80), noDelay: true });
  return connectTls({
    host,
    port: Number(port || 443),
    // A name is told the server (SNI); an address can't be.
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['http/1.1'],
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    rejectUnauthorized: true,
  }).setNoDelay();
}

function whenOpened(socket: Socket, fresh: number): HandOut {
  const timer = setTimeout(() => socket.destroy(), fresh).unref();
  const opened = new Promise<void>((resolve) => {
    // Reading, so that it is noticed when the server ends it.
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      socket.resume();
      resolve();
    });
    socket.on('error', () => {}).once('close', () => resolve());
  });
  return async () => {
    await opened;
    clearTimeout(timer);
    return socket.destroyed ? undefined : socket.pause();
  };
}
