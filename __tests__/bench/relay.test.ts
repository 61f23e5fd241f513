import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deliverLate } from '../../bench/network/late.ts';
import { type Relay, startRelay } from '../../bench/network/relay.ts';

let server: Server;
let relay: Relay;
/** what the server got, and when */
let arrived: { readonly text: string; readonly at: number }[];

beforeEach(async () => {
  arrived = [];
  server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      arrived.push({ text, at: performance.now() });
      socket.write(text.toUpperCase());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  relay = await startRelay({ host: '127.0.0.1', target: address.port });
});

afterEach(async () => {
  await relay.stop();
  await new Promise((resolve) => server.close(resolve));
});

async function open(): Promise<Socket> {
  const socket = connect(relay.port, '127.0.0.1').setEncoding('utf8');
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Sends a text, and returns how long the answer took. */
async function ask(socket: Socket, text: string): Promise<readonly [string, number]> {
  const began = performance.now();
  socket.write(text);
  const answer = await new Promise<string>((resolve) => socket.once('data', resolve));
  return [answer, performance.now() - began];
}

test('delays both directions, and the first data by the opening as well', async () => {
  relay.setRoundTrip(80);
  const began = performance.now();
  const socket = await open();
  const [first] = await ask(socket, 'one');
  const opening = performance.now() - began;
  const before = performance.now();
  const [second, later] = await ask(socket, 'two');
  socket.destroy();
  expect([first, second]).toEqual(['ONE', 'TWO']);
  // A round trip to open the connection, and one for the exchange. Half of one is the way there.
  expect(opening).toBeGreaterThanOrEqual(158);
  expect((arrived[0]?.at ?? 0) - began).toBeGreaterThanOrEqual(118);
  expect(later).toBeGreaterThanOrEqual(79);
  expect((arrived[1]?.at ?? 0) - before).toBeGreaterThanOrEqual(39);
});

test('counts each connection once', async () => {
  const sockets = [await open(), await open()];
  for (const socket of sockets) {
    await ask(socket, 'one');
    await ask(socket, 'two');
  }
  expect(relay.connections()).toBe(2);
  for (const socket of sockets) socket.destroy();
});

test('passes data on in order, complete, and to its end', async () => {
  relay.setRoundTrip(4);
  const socket = await open();
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  const texts = Array.from({ length: 200 }, (_, index) => `<${index}>`);
  for (const text of texts) socket.write(text);
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(answer).toBe(texts.join(''));
});

test('acts are done in order, none before its time', async () => {
  const late = deliverLate();
  const began = performance.now();
  const done: [number, number][] = [];
  await new Promise<void>((resolve) => {
    for (const after of [0, 5, 5, 12]) {
      late(began + after, () => {
        done.push([after, performance.now() - began]);
        if (done.length === 4) resolve();
      });
    }
  });
  expect(done.map(([after]) => after)).toEqual([0, 5, 5, 12]);
  expect(done.filter(([after, at]) => at < after)).toEqual([]);
});
