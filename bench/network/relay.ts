import { connect, createServer, type Socket } from 'node:net';
import { deliverLate } from './late.ts';

export interface RelayOptions {
  /** the address to listen at */
  readonly host: string;
  /** the port of a server on 127.0.0.1 */
  readonly target: number;
}

export interface Relay {
  readonly port: number;
  /** in milliseconds; of connections that are opened from now on */
  setRoundTrip(milliseconds: number): void;
  /** number of connections opened so far */
  connections(): number;
  stop(): Promise<void>;
}

/**
 * Passes on TCP connections as a distant network does: data arrives half a round trip later, in both
 * directions, and the first data one more round trip later. That stands for opening the connection:
 * here the kernel opens it immediately, and a client may send immediately.
 */
export async function startRelay({ host, target }: RelayOptions): Promise<Relay> {
  let roundTrip = 0;
  let opened = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    opened++;
    const far = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true, noDelay: true });
    const ready = performance.now() + roundTrip;
    join(client, far, { delay: roundTrip / 2, ready });
    join(far, client, { delay: roundTrip / 2, ready });
    for (const socket of [client, far]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return {
    port: address.port,
    setRoundTrip: (milliseconds) => {
      roundTrip = milliseconds;
    },
    connections: () => opened,
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Way {
  /** of one direction, in milliseconds */
  readonly delay: number;
  /** when the connection is open, in the time of `performance.now()` */
  readonly ready: number;
}

/** Passes on one end's data, and its end. If one end breaks, the other is broken too. */
function join(from: Socket, to: Socket, { delay, ready }: Way): void {
  const late = deliverLate();
  const pass = (act: () => void) => late(Math.max(performance.now(), ready) + delay, act);
  from.on('data', (chunk) => pass(() => to.writable && to.write(chunk)));
  from.on('end', () => pass(() => to.end()));
  from.on('error', () => to.destroy());
}
