import type { Socket } from 'node:net';
import { startConnecting, whenOpen } from './connect.ts';

/** In milliseconds: after so long, the server may be about to close an unused connection. */
const FRESH = 3_000;

/** How long opening one may take, in milliseconds: as long as an attempt may wait for it. */
const OPENING = 30_000;

/**
 * Connections that are opened before there is anything to send. Their handshakes run while the step's
 * code loads, which saves 100 to 200 ms per run at a round trip of 50 ms.
 */
export interface Preconnections {
  /** Returns an open, fresh connection to an origin, each only once; nothing if there is none. */
  take(origin: string): Promise<Socket | undefined>;
  close(): void;
}

/** Opens a connection to each URL without sending anything. Errors are left to the request. */
export function preconnect(urls: readonly URL[]): Preconnections {
  const all = urls.map((url) => {
    const socket = startConnecting(url).on('error', () => {});
    return { origin: url.origin, socket, ready: keepFresh(socket) };
  });
  const free = Map.groupBy(all, ({ origin }) => origin);
  return {
    async take(origin) {
      const taken = free.get(origin)?.shift();
      clearTimeout(await taken?.ready);
      return taken?.socket.destroyed ? undefined : taken?.socket.pause();
    },
    close() {
      for (const { socket } of all) socket.destroy();
    },
  };
}

/** Resolves with the timer that closes an open connection, or with nothing if opening it fails. */
async function keepFresh(socket: Socket): Promise<NodeJS.Timeout | undefined> {
  try {
    // Reads, so that the process notices when the server closes it.
    (await whenOpen(socket, OPENING)).resume();
    return setTimeout(() => socket.destroy(), FRESH).unref();
  } catch {
    return undefined;
  }
}
