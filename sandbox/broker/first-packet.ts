import type { TLSSocket } from 'node:tls';
import { type IConnectPacket, type Packet, parser } from 'mqtt-packet';

/**
 * Waits for a client's CONNECT, and puts the bytes back for the next reader. Returns undefined if
 * something else arrives or the connection closes.
 */
export function readConnect(socket: TLSSocket): Promise<IConnectPacket | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const reader = parser();
    const listener = (chunk: Buffer) => {
      chunks.push(chunk);
      reader.parse(chunk);
    };
    const end = (packet?: Packet) => {
      socket.off('data', listener).pause();
      if (!socket.destroyed) socket.unshift(Buffer.concat(chunks));
      resolve(packet?.cmd === 'connect' ? packet : undefined);
    };
    reader.once('packet', end).once('error', () => end());
    socket.on('data', listener).once('close', () => resolve(undefined));
  });
}

/** Calls back when the client sends a DISCONNECT. */
export function onDisconnect(socket: TLSSocket, callback: () => void): void {
  const reader = parser();
  reader.on('error', () => {});
  reader.on('packet', ({ cmd }) => {
    if (cmd === 'disconnect') callback();
  });
  socket.on('data', (chunk: Buffer) => reader.parse(chunk));
}
