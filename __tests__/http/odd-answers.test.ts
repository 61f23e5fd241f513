import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  constants as zlib,
} from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { ReceivedBody } from '../../src/http/body.ts';
import { HttpClient, type HttpRequest } from '../../src/http/client.ts';
import { isRateLimited } from '../../src/http/errors.ts';
import { proxySettings } from '../../src/http/proxy.ts';
import { listen, never } from './servers.ts';

const MIB = 1024 * 1024;

/** More than systems buffer of what was written and not read. */
const BUFFERS = 64 * MIB;

/** A server that answers each request with bytes. Returns its URL. */
async function serveBytes(write: (socket: Socket, head: string) => void): Promise<string> {
  const server = createServer((socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      write(socket, head);
      head = '';
    });
  });
  return `http://127.0.0.1:${await listen(server)}/`;
}

function newClient(): HttpClient {
  const client = new HttpClient({ proxies: proxySettings({}), debug: () => {} });
  onTestFinished(() => client.close());
  return client;
}

/** Sends a request; a failure is a result like any other. */
async function send(url: string, more: Partial<HttpRequest> = {}, client = newClient()) {
  const request: HttpRequest = {
    what: 'The call',
    service: { readError: () => ({}), isRateLimited, adviceWhenMoved: '' },
    method: 'GET',
    url: new URL(url),
    headers: {},
    ...more,
  };
  const signals = { signal: never(), sentSignal: never() };
  return client.send(request, signals).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
}

/** An answer as bytes. */
function answer(body: Buffer | string, headers = '', status = 200): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 ${status} Words\r\n${headers}content-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

const coded = (codings: string, body: Buffer, status = 200) =>
  answer(body, `content-encoding: ${codings}\r\n`, status);

const sendTo = async (bytes: Buffer, more: Partial<HttpRequest> = {}) =>
  send(await serveBytes((socket) => socket.write(bytes)), more);

const unusable = (reason: string) => ({
  code: 'response-invalid',
  call: { status: 200, reason },
  mayBeDone: true,
});

describe('a compressed answer', () => {
  const text = JSON.stringify({ words: 'grüße '.repeat(1_000) });

  test('is not requested', async () => {
    const heads: string[] = [];
    const url = await serveBytes((socket, head) => {
      heads.push(head);
      socket.write(answer(''));
    });
    await send(url);
    expect(heads[0]).toMatch(/^accept-encoding: identity\r$/im);
    expect(heads[0]?.match(/accept-encoding/gi)).toHaveLength(1);
  });

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['deflate', deflateRawSync(text, { strategy: zlib.Z_FIXED })],
    ['deflate', deflateRawSync(text, { level: 0 })],
    ['gzip', Buffer.concat([gzipSync(text.slice(0, 99)), gzipSync(text.slice(99))])],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    [' br ,identity,, GZip ', gzipSync(brotliCompressSync(text))],
    ['identity', Buffer.from(text)],
  ])('is read: %s', async (codings, bytes) => {
    expect(await sendTo(coded(codings, bytes))).toMatchObject({ status: 200, body: text });
  });

  test('is read when its codings are in several headers', async () => {
    const headers = 'content-encoding: gzip\r\ncontent-encoding: br\r\n';
    const bytes = answer(brotliCompressSync(gzipSync(text)), headers);
    expect(await sendTo(bytes)).toMatchObject({ body: text });
  });

  test('is read when it is an error', async () => {
    expect(await sendTo(coded('gzip', gzipSync(text), 400))).toMatchObject({
      status: 400,
      body: text,
    });
  });

  test('that is empty needs no decoding', async () => {
    expect(await sendTo(coded('gzip', Buffer.alloc(0)))).toMatchObject({ body: '' });
    expect(await sendTo(coded('unheard-of', Buffer.alloc(0)))).toMatchObject({ body: '' });
  });

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(text).subarray(0, -9)],
    ['gzip', Buffer.from(text)],
    ['br', Buffer.from(text)],
    ['deflate', deflateSync(text).subarray(0, -9)],
  ])('that is not what it claims to be can’t be used: %s', async (coding, bytes) => {
    const why = unusable(`the answer is not complete, valid ${coding} data`);
    expect(await sendTo(coded(coding, bytes))).toMatchObject(why);
    // Of an error, and where nothing else is wanted, the status says enough.
    expect(await sendTo(coded(coding, bytes, 500))).toMatchObject({ status: 500, body: '' });
    const ignoring = await sendTo(coded(coding, bytes), { ignoresBody: true });
    expect(ignoring).toMatchObject({ status: 200, body: '' });
  });

  test.each([
    ['zstd', ' (zstd)'],
    ['Unheard-Of', ' (unheard-of)'],
    ['gzip, exi', ' (exi)'],
    // A name may be any text of the server's, such as a piece of a key.
    ['MIIEvQIBADANBgkqhkiG9w0', ''],
    ['::error::owned', ''],
    ['a b', ''],
  ])('with another coding can’t be used: %s', async (codings, named) => {
    const why = unusable(`the answer has an unknown content coding${named}`);
    expect(await sendTo(coded(codings, gzipSync(text)))).toMatchObject(why);
  });

  test('that is encoded too often can’t be used', async () => {
    const codings = Array.from({ length: 5 }, () => 'gzip').join();
    expect(await sendTo(coded(codings, gzipSync(text)))).toMatchObject(
      unusable('the answer has more than 4 content codings'),
    );
  });

  const zeros = (size: number) => Buffer.alloc(size);
  test.each<[string, Buffer]>([
    ['gzip', gzipSync(zeros(MIB + 1))],
    ['br', brotliCompressSync(zeros(MIB + 1))],
    ['deflate', deflateSync(zeros(MIB + 1))],
    ['deflate', deflateRawSync(zeros(500 * MIB))],
    ['gzip, gzip', gzipSync(gzipSync(zeros(500 * MIB)))],
  ])('is limited by its decoded size: %s', async (codings, bytes) => {
    expect(bytes.length).toBeLessThan(MIB);
    const before = process.resourceUsage().maxRSS;
    const why = unusable('the answer is larger than 1 MiB');
    expect(await sendTo(coded(codings, bytes))).toMatchObject(why);
    // In KiB. It stops long before the end.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(200 * 1024);
  });

  test('may be as large as any other', async () => {
    const most = 'x'.repeat(MIB);
    expect(await sendTo(coded('gzip', gzipSync(most)))).toMatchObject({ body: most });
    const more = 'x'.repeat(3 * MIB);
    const large = await sendTo(coded('br', brotliCompressSync(more)), { largestAnswer: 16 });
    expect(large).toMatchObject({ body: more });
  });
});

describe('headers', () => {
  test.each([
    ['one of 60,000 bytes', `x-large: ${'x'.repeat(60_000)}\r\n`],
    ['4,000 of them', 'x-many: y\r\n'.repeat(4_000)],
  ])('are read: %s', async (_, headers) => {
    const bytes = answer('hello', `${headers}x-last: z\r\n`);
    expect(await sendTo(bytes)).toMatchObject({ body: 'hello', headers: { 'x-last': 'z' } });
  });

  test('of more than 64 KiB are not accepted', async () => {
    const bytes = answer('hello', `x-large: ${'x'.repeat(65_600)}\r\n`);
    expect(await sendTo(bytes)).toMatchObject({
      code: 'unavailable',
      mayBeDone: true,
      message: expect.stringContaining('sent headers of more than 64 KiB (HPE_HEADER_OVERFLOW)'),
    });
  });
});

describe('informational answers', () => {
  const interim = (status: number) => `HTTP/1.1 ${status} Not Yet\r\nlink: </>\r\n\r\n`;
  const ok = answer('{"its":"answer"}').toString();

  test.each([
    ['100', interim(100)],
    ['100 twice', interim(100).repeat(2)],
    ['102', interim(102)],
    ['103', interim(103)],
    ['one that nobody knows', interim(199)],
    ['all', [100, 102, 103].map(interim).join('')],
  ])('are ignored, if unsolicited: %s', async (_, before) => {
    const url = await serveBytes((socket) => socket.write(before + ok));
    const client = newClient();
    for (const method of ['POST', 'GET'] as const) {
      const given = await send(url, { method, body: '' }, client);
      expect(given).toMatchObject({ status: 200, body: '{"its":"answer"}' });
    }
  });

  test('are ignored when they come long before', async () => {
    const url = await serveBytes((socket) =>
      socket.write(interim(100), () => setImmediate(() => socket.write(ok))),
    );
    expect(await send(url)).toMatchObject({ body: '{"its":"answer"}' });
  });

  test('without an end are abandoned', async () => {
    const sent = await serveEndless(Buffer.from(interim(103)), Buffer.from(interim(103)));
    expect(await send(sent.url)).toMatchObject({
      code: 'response-invalid',
      call: { reason: 'the answer is larger than 2 MiB with its framing' },
      mayBeDone: true,
    });
    expect(await sent.bytes).toBeLessThan(BUFFERS);
  });

  test('do not change protocols', async () => {
    const switching = 'HTTP/1.1 101 Other\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n';
    const url = await serveBytes((socket) => socket.write(switching));
    expect(await send(url)).toMatchObject({
      code: 'unavailable',
      mayBeDone: true,
      message: expect.stringMatching(/closed the connection \(ECONNRESET\)\.$/),
    });
  });
});

/**
 * A server that keeps answering until the client closes, and then reports how many bytes it wrote.
 */
async function serveEndless(begin: Buffer, again: Buffer) {
  const bytes = Promise.withResolvers<number>();
  const url = await serveBytes((socket) => {
    const more = () => {
      while (socket.writable && socket.write(again));
    };
    socket.on('drain', more).once('close', () => bytes.resolve(socket.bytesWritten));
    socket.write(begin);
    more();
  });
  return { url, bytes: bytes.promise };
}

describe('the framing of an answer', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const chunk = (extension: string, body = 'x') =>
    `${body.length.toString(16)};e=${extension}\r\n${body}\r\n`;
  const END = '0\r\n\r\n';

  test('may be unusual', async () => {
    const body = 'hello'.repeat(1_000);
    const pieces = Array.from(body, (letter) => chunk('"a, b"', letter)).join('');
    const trailers = '0;last\r\nx-trailer: y\r\n\r\n';
    const url = await serveBytes((socket) => socket.write(CHUNKED + pieces + trailers));
    expect(await send(url)).toMatchObject({ body });
  });

  test('may be as large as the largest body', async () => {
    const pieces = chunk('y'.repeat(1_000)).repeat(1_000);
    const large = chunk('', 'z'.repeat(MIB - 1_000));
    const url = await serveBytes((socket) => socket.write(CHUNKED + pieces + large + END));
    expect(await send(url)).toMatchObject({ body: 'x'.repeat(1_000) + 'z'.repeat(MIB - 1_000) });
  });

  test.each([1, 16])('is limited, for answers of up to %i MiB', async (largestAnswer) => {
    const { url, bytes } = await serveEndless(
      Buffer.from(CHUNKED),
      Buffer.from(chunk('y'.repeat(8_000))),
    );
    const room = Math.max(2, largestAnswer);
    expect(await send(url, { largestAnswer })).toMatchObject(
      unusable(`the answer is larger than ${room} MiB with its framing`),
    );
    expect(await bytes).toBeLessThan(room * MIB + BUFFERS);
  });

  test('is counted separately for each answer on a connection', async () => {
    const bytes = Buffer.from(`${CHUNKED}${chunk('y'.repeat(1_000)).repeat(800)}${END}`);
    const ports = new Set<number | undefined>();
    const url = await serveBytes((socket) => {
      ports.add(socket.remotePort);
      socket.write(bytes);
    });
    const client = newClient();
    for (let count = 0; count < 4; count++) {
      expect(await send(url, {}, client)).toMatchObject({ body: 'x'.repeat(800) });
      await new Promise(setImmediate);
    }
    expect(ports.size).toBe(1);
  });

  test('has no chunk extension of more than 16 KiB', async () => {
    const { url } = await serveEndless(Buffer.from(`${CHUNKED}1;e=`), Buffer.alloc(4_096, 'y'));
    expect(await send(url)).toMatchObject(
      unusable('a chunk of the answer has an extension of more than 16 KiB'),
    );
  });

  test.each([
    ['rubbish', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhellorubbish'],
    ['a second answer', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 500 No\r\n\r\n'],
    ['rubbish, and no connection', `${CHUNKED}5\r\nhello\r\n${END}rubbish`],
  ])('may be followed by %s', async (_, bytes) => {
    for (const ends of [false, true]) {
      const url = await serveBytes((socket) => (ends ? socket.end(bytes) : socket.write(bytes)));
      expect(await send(url, { method: 'POST', body: '' })).toMatchObject({ body: 'hello' });
    }
  });

  test('makes the answer unusable if it breaks', async () => {
    const url = await serveBytes((socket) => socket.write(`${CHUNKED}5\r\nhello\r\nrubbish\r\n`));
    expect(await send(url)).toMatchObject({
      code: 'unavailable',
      call: { status: 200, reason: expect.stringMatching(/cut short: .*HTTP \(HPE_\w+\)$/) },
      mayBeDone: true,
    });
  });
});

test('data on an idle connection is not the answer to the next request', async () => {
  const server: Server = createServer();
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    connections.push(socket);
    socket.on('data', () => socket.write(answer(`number ${connections.length}`)));
  });
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const client = newClient();
  expect(await send(url, {}, client)).toMatchObject({ body: 'number 1' });
  const [first] = connections;
  first?.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
  if (first) await once(first, 'close');
  expect(await send(url, {}, client)).toMatchObject({ status: 200, body: 'number 2' });
});

test('a body is copied from the buffers that it arrived in', async () => {
  const received = new ReceivedBody({ bytesRead: 0 } as Socket, 1);
  const buffer = Buffer.alloc(65_536, 'a');
  for (let count = 0; count < 10; count++) received.add(buffer.subarray(count, count + 1));
  buffer.fill('b');
  expect(await received.text()).toBe('a'.repeat(10));
});
