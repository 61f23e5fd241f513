import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EarlyConnections, earlyConnections, withEarly } from '../../src/http/early.ts';
import { buildConnector } from '../../src/http/undici.ts';

let server: Server;
let url: URL;
/** what the server saw, in order */
let connections: Socket[];
let early: EarlyConnections;
const made: Socket[] = [];

beforeEach(async () => {
  connections = [];
  server = createServer((socket) => connections.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  early = earlyConnections();
});

afterEach(async () => {
  early.close();
  for (const socket of [...made.splice(0), ...connections]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

type Place = Pick<URL, 'protocol' | 'host' | 'hostname' | 'port'>;

/** What a request does, to the server or another place. */
function connect({ protocol, host, hostname, port }: Place = url): Promise<Socket> {
  const open = withEarly(early, buildConnector({ timeout: 5_000 }));
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
  early.open(url);
  early.open(url);
  await seen(2);
  const ports = [await connect(), await connect()].map(({ localPort }) => localPort);
  expect(new Set(ports)).toEqual(new Set(connections.map(({ remotePort }) => remotePort)));
  await connect();
  await seen(3);
});

test('hands out one that waits for its reader', async () => {
  early.open(url);
  await seen(1);
  const socket = await connect();
  expect(socket.isPaused()).toBe(true);
  connections[0]?.write('hello');
  const text = await new Promise((resolve) => socket.once('data', resolve).resume());
  expect(String(text)).toBe('hello');
});

test('waits for one that is still being opened', async () => {
  early.open(url);
  await connect();
  await seen(1);
});

test('ends one that nobody used for long', async () => {
  early = earlyConnections(50);
  early.open(url);
  await seen(1);
  await expect.poll(() => connections[0]?.readableEnded).toBe(true);
  await connect();
  await seen(2);
});

test('does not end one that is in use', async () => {
  early = earlyConnections(50);
  early.open(url);
  const socket = await connect();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(socket.destroyed).toBe(false);
});

test('opens a new one instead of one that the server ended', async () => {
  early.open(url);
  await seen(1);
  const closed = new Promise((resolve) => connections[0]?.once('close', resolve));
  connections[0]?.end();
  await closed;
  await connect();
  await seen(2);
});

test('opens a new one when the first could not be opened', async () => {
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  early.open(url);
  await expect(early.take(url.origin)).resolves.toBeUndefined();
  early.open(url);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await connect();
  await seen(1);
});

test('opens a new one for another origin', async () => {
  early.open(url);
  await connect(new URL(`http://localhost:${url.port}`));
  await seen(2);
});

test('reaches IPv6', async () => {
  const other = createServer((socket) => connections.push(socket));
  await new Promise<void>((resolve) => other.listen(0, '::1', resolve));
  const place = new URL(`http://[::1]:${(other.address() as AddressInfo).port}`);
  early.open(place);
  const { protocol, host, port } = place;
  // As undici splits it.
  await connect({ protocol, host, hostname: '::1', port });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(connections).toHaveLength(1);
  for (const socket of connections) socket.destroy();
  await new Promise((resolve) => other.close(resolve));
});

test('ends all that it opened', async () => {
  early.open(url);
  early.open(url);
  await seen(2);
  early.close();
  await expect
    .poll(() => connections.map(({ readableEnded }) => readableEnded))
    .toEqual([true, true]);
});
