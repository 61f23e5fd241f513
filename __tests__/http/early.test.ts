import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EarlyConnector, earlyConnector } from '../../src/http/early.ts';

let server: Server;
let url: URL;
let now: number;
/** what the server saw, in order */
let connections: Socket[];
const made: Socket[] = [];

beforeEach(async () => {
  now = 0;
  connections = [];
  server = createServer((socket) => connections.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  for (const socket of [...made.splice(0), ...connections]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const start = () => earlyConnector(buildConnector({ timeout: 5_000 }), () => now);

function connect({ connect: open }: EarlyConnector): Promise<Socket> {
  const { protocol, host, hostname, port } = url;
  return new Promise((resolve, reject) => {
    open({ protocol, host, hostname, port }, (error, socket) => {
      if (error !== null) return reject(error);
      made.push(socket);
      resolve(socket);
    });
  });
}

const seen = (count: number) => expect.poll(() => connections.length).toBe(count);

test('hands out what was opened ahead, once each', async () => {
  const early = start();
  early.prepare(url);
  early.prepare(url);
  await seen(2);
  const ports = [await connect(early), await connect(early)].map(({ localPort }) => localPort);
  expect(new Set(ports)).toEqual(new Set(connections.map(({ remotePort }) => remotePort)));
  await connect(early);
  await seen(3);
});

test('waits for one that is still being opened', async () => {
  const early = start();
  early.prepare(url);
  await connect(early);
  await seen(1);
});

test('opens a new one instead of one that nobody used for long', async () => {
  const early = start();
  early.prepare(url);
  await seen(1);
  now = 3_001;
  await connect(early);
  await seen(2);
  await expect.poll(() => connections[0]?.readableEnded).toBe(true);
});

test('opens a new one instead of one that the server ended', async () => {
  const early = start();
  early.prepare(url);
  await seen(1);
  const closed = new Promise((resolve) => connections[0]?.once('close', resolve));
  connections[0]?.end();
  await closed;
  await connect(early);
  await seen(2);
});

test('opens a new one when the first could not be opened', async () => {
  const early = start();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  early.prepare(url);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await connect(early);
  await seen(1);
});

test('opens a new one for another origin', async () => {
  const early = start();
  early.prepare(new URL(`http://localhost:${url.port}`));
  await connect(early);
  await expect.poll(() => connections.length).toBeGreaterThanOrEqual(1);
  expect(made[0]?.remoteAddress).toBe('127.0.0.1');
});
