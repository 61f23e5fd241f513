import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import { preconnect } from '../../src/http/preconnect.ts';
import { listen, nowhere } from './servers.ts';

/** what the server saw, in order */
let connections: Socket[];

beforeEach(() => {
  connections = [];
});

const seen = (count: number) =>
  vi.waitFor(() => expect(connections).toHaveLength(count), { timeout: 20_000 });

/** How long a connection may take to open, and how long it is kept then, in milliseconds. */
const OPENING = 30_000;
const FRESH = 3_000;

/** Time passes only when the test says so. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const spy = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => {
    spy.mockRestore();
    vi.useRealTimers();
  });
}

/**
 * Resolves when a timer of so many milliseconds has started; hardly any time passes before that.
 */
const timed = (milliseconds: number) =>
  vi.waitFor(() => expect(setTimeout).toHaveBeenCalledWith(expect.anything(), milliseconds), {
    interval: 1,
    timeout: 20_000,
  });

const counting = () => createServer((socket) => connections.push(socket));

async function serve(server: Server = counting(), host = '127.0.0.1'): Promise<URL> {
  const port = await listen(server, host);
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

/** Opens connections to these URLs. */
function open(...urls: readonly URL[]) {
  const preconnections = preconnect(urls);
  onTestFinished(() => preconnections.close());
  return { ...preconnections, take: ({ origin }: URL) => preconnections.take(origin) };
}

test('returns each opened connection once', async () => {
  const url = await serve();
  const { take } = open(url, url);
  await seen(2);
  const ports = [await take(url), await take(url)].map((socket) => socket?.localPort);
  expect(new Set(ports)).toEqual(new Set(connections.map(({ remotePort }) => remotePort)));
  expect(await take(url)).toBeUndefined();
});

test('returns one that waits for its reader', async () => {
  const url = await serve();
  const { take } = open(url);
  await seen(1);
  const socket = await take(url);
  expect(socket?.isPaused()).toBe(true);
  connections[0]?.write('hello');
  const [text] = socket ? await once(socket.resume(), 'data') : [];
  expect(String(text)).toBe('hello');
});

test('waits for one that is still being opened', async () => {
  const url = await serve();
  const socket = await open(url).take(url);
  await seen(1);
  expect(connections[0]?.remotePort).toBe(socket?.localPort);
});

test('closes one that was not used for long', async () => {
  const server = counting();
  const url = await serve(server);
  stopTime();
  const { take } = open(url);
  const [socket] = await once(server, 'connection');
  await timed(FRESH);
  const gone = once(socket.resume(), 'end');
  vi.advanceTimersByTime(FRESH);
  await gone;
  expect(await take(url)).toBeUndefined();
});

/** A server that starts its TLS handshakes on request. */
async function serveLateTls() {
  const pair = await selfSignedServer(['127.0.0.1']);
  tls.setDefaultCACertificates([pair.certificate]);
  const server = tls.createServer({ key: pair.privateKey, cert: pair.certificate });
  const gate = createServer({ pauseOnConnect: true }, (socket) => connections.push(socket));
  onTestFinished(() => void server.close());
  const url = new URL((await serve(gate)).href.replace('http', 'https'));
  return { url, gate, greet: (socket: Socket) => server.emit('connection', socket) };
}

test('waits longer for a handshake than an open connection is kept', async () => {
  const { url, gate, greet } = await serveLateTls();
  stopTime();
  const { take } = open(url);
  const [socket] = await once(gate, 'connection');
  vi.advanceTimersByTime(OPENING - 1_000);
  greet(socket);
  await timed(FRESH);
  vi.advanceTimersByTime(FRESH - 1_000);
  expect((await take(url))?.localPort).toBe(socket.remotePort);
  expect(connections).toHaveLength(1);
});

test('does not wait forever for a handshake', async () => {
  const { url, gate } = await serveLateTls();
  stopTime();
  const { take } = open(url);
  const [socket] = await once(gate, 'connection');
  const gone = once(socket.resume(), 'close');
  vi.advanceTimersByTime(OPENING);
  await gone;
  expect(await take(url)).toBeUndefined();
});

test('does not close one that is in use', async () => {
  const url = await serve();
  stopTime();
  const socket = await open(url).take(url);
  vi.advanceTimersByTime(60_000);
  expect(socket?.destroyed).toBe(false);
});

test.each([
  ['closed', ''],
  ['closed with an answer to no request', 'HTTP/1.1 408 Request Timeout\r\n\r\n'],
])('returns none that the server %s', async (_, bytes) => {
  const server = counting();
  const url = await serve(server);
  stopTime();
  const { take } = open(url);
  const [socket] = await once(server, 'connection');
  await once(socket.end(bytes), 'close');
  expect(await take(url)).toBeUndefined();
});

test('returns none that could not be opened', async () => {
  const url = new URL(`http://${await nowhere()}`);
  expect(await open(url).take(url)).toBeUndefined();
});

test('returns none to another origin', async () => {
  const [url, other] = [await serve(), await serve()];
  const { take } = open(url);
  expect(await take(other)).toBeUndefined();
  expect(await take(url)).toBeDefined();
});

test('reaches IPv6', async () => {
  const url = await serve(counting(), '::1');
  const socket = await open(url).take(url);
  await seen(1);
  expect(connections[0]?.remotePort).toBe(socket?.localPort);
});

test('closes all that it opened', async () => {
  const url = await serve();
  const { close } = open(url, url);
  await seen(2);
  const closed = connections.map((socket) => once(socket.resume(), 'close'));
  close();
  await Promise.all(closed);
});
