import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** Later than this, in milliseconds, a server may be about to end a connection that nobody used. */
const FRESH = 3_000;

/** Connects when a request is there, and for one that is still to come. */
export interface EarlyConnector {
  readonly connect: buildConnector.connector;
  /** Opens a connection ahead. Sends nothing; what goes wrong is for the request to find out. */
  readonly prepare: (url: URL) => void;
}

interface EarlyConnection {
  readonly startedAt: number;
  /** nothing when there could be none */
  readonly socket: Promise<Socket | undefined>;
}

/** Hands out connections that were opened ahead, each once and while they are fresh. */
export function earlyConnector(
  connector: buildConnector.connector,
  now: () => number = () => performance.now(),
): EarlyConnector {
  const ready = new Map<string, EarlyConnection[]>();
  return {
    prepare(url) {
      const options = optionsFor(url);
      const socket = new Promise<Socket | undefined>((resolve) => {
        // Reading, so that it is noticed when the server ends it.
        connector(options, (error, made) => resolve(error === null ? made.resume() : undefined));
      });
      const origin = originOf(options);
      ready.set(origin, [...(ready.get(origin) ?? []), { startedAt: now(), socket }]);
    },
    connect(options, callback) {
      const early = ready.get(originOf(options))?.shift();
      if (early === undefined || now() - early.startedAt > FRESH) {
        void early?.socket.then((socket) => socket?.destroy());
        return connector(options, callback);
      }
      void early.socket.then((socket) => {
        if (socket === undefined || socket.destroyed) connector(options, callback);
        else callback(null, socket.pause());
      });
    },
  };
}

function optionsFor(url: URL): buildConnector.Options {
  const { protocol, host, port } = url;
  return { protocol, host, port, hostname: url.hostname.replace(/^\[(.*)\]$/, '$1') };
}

function originOf({ protocol, hostname, port }: buildConnector.Options): string {
  return `${protocol}//${hostname}:${port}`;
}
