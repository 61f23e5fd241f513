import { getEventListeners, once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { setTimeout } from 'node:timers/promises';
import tls from 'node:tls';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type IssuedPair, selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import {
  type AttemptReport,
  HttpClient,
  type HttpOptions,
  type HttpRequest,
} from '../../src/http/client.ts';
import { earlyConnections } from '../../src/http/early.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import { proxySettings } from '../../src/http/proxy.ts';
import { Secret } from '../../src/secret.ts';

const MIB = 1024 * 1024;

/** Longer than any of these tests may take, in milliseconds: what must not run out. */
const LONG = 50_000;

/** What is to be ended when a test is over, the last one first. */
const endings: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Has a server listen on a free port until the test is over. */
async function listen(server: TcpServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<unknown>((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const serve = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(listener))}`;

/** A server of bytes instead of HTTP. */
const serveTcp = async (onConnection: (socket: Socket) => void) =>
  `127.0.0.1:${await listen(createTcpServer(onConnection))}`;

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

type Client = HttpClient & { readonly reports: AttemptReport[] };

function clientWith(options: Partial<HttpOptions> = {}): Client {
  const reports: AttemptReport[] = [];
  const client = new HttpClient({
    proxies: proxySettings({}),
    userAgent: 'test/1',
    attemptTimeout: LONG,
    onAttempt: (report) => reports.push(report),
    ...options,
  });
  endings.push(() => client.close());
  return Object.assign(client, { reports });
}

const get = (url: string): HttpRequest => ({ method: 'GET', url: new URL(url), headers: {} });

const never = () => new AbortController().signal;

/** The bytes of a request, or what came until it was cut. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const reasonOf = (exchange: Exchange) => (exchange.kind === 'answer' ? '' : exchange.reason);

describe('a request', () => {
  test('arrives as it was meant, and its answer comes back whole', async () => {
    const seen: unknown[] = [];
    const origin = await serve(async (request, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body: await bodyOf(request) });
      response.writeHead(201, { 'x-some': 'thing' }).end('grüße');
    });
    const client = clientWith();
    const exchange = await client.send(
      {
        method: 'POST',
        url: new URL(`${origin}/a/b?c=d`),
        headers: {
          authorization: { scheme: 'Bearer', secret: new Secret('the-token') },
          'x-space-auth-key': { scheme: 'Basic', secret: new Secret('aWQ6c2VjcmV0') },
          'content-type': 'application/json',
        },
        body: '{"name":"ä"}',
      },
      never(),
    );
    expect(exchange).toMatchObject({ kind: 'answer', status: 201, body: 'grüße' });
    expect(exchange.kind === 'answer' && exchange.headers['x-some']).toBe('thing');
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/a/b?c=d',
        body: '{"name":"ä"}',
        headers: expect.objectContaining({
          authorization: 'Bearer the-token',
          'x-space-auth-key': 'Basic aWQ6c2VjcmV0',
          'content-type': 'application/json',
          'content-length': '13',
          'user-agent': 'test/1',
        }),
      },
    ]);
  });

  test('is reported without its secrets', async () => {
    const origin = await serve((_, response) =>
      response.writeHead(503).end('{"echo":"the-token"}'),
    );
    const client = clientWith();
    const headers = {
      authorization: { scheme: 'Bearer', secret: new Secret('the-token') },
    } as const;
    const began = performance.now();
    await client.send({ ...get(`${origin}/a`), headers }, never());
    await client.send({ ...get(`http://127.0.0.1:${await closedPort()}/b`), headers }, never());
    expect(client.reports).toEqual([
      {
        method: 'GET',
        url: new URL(`${origin}/a`),
        outcome: 'HTTP 503',
        milliseconds: expect.any(Number),
        attempt: 1,
        references: [],
      },
      expect.objectContaining({ outcome: expect.stringContaining('ECONNREFUSED') }),
    ]);
    const spent = performance.now() - began;
    for (const { milliseconds } of client.reports) {
      expect(milliseconds).toBeLessThan(spent + 1);
    }
    expect(inspect(client.reports, { depth: 10 })).not.toContain('the-token');
  });

  test('that can’t be sent at all is no exception', async () => {
    let asked = 0;
    const origin = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const headers = {
      authorization: { scheme: 'Bearer', secret: new Secret('a\nb-token') },
    } as const;
    const exchange = await clientWith().send({ ...get(origin), headers }, never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).not.toContain('b-token');
    expect(asked).toBe(0);
  });

  test.each([301, 302, 303, 307, 308])('is not sent elsewhere after a %i', async (status) => {
    let followed = 0;
    const elsewhere = await serve((_, response) => {
      followed += 1;
      response.end();
    });
    const origin = await serve((_, response) =>
      response.writeHead(status, { location: `${elsewhere}/` }).end(),
    );
    const exchange = await clientWith().send(get(origin), never());
    expect(exchange).toMatchObject({ kind: 'answer', status });
    expect(followed).toBe(0);
  });

  test('uses the connection of the one before', async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const client = clientWith();
    for (let count = 0; count < 3; count++) {
      await client.send(get(origin), never());
      // The connection is given back a moment after the answer.
      await setTimeout(50);
    }
    expect(ports.size).toBe(1);
  });
});

describe('without an answer', () => {
  test('a refused connection was not sent', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    expect(await clientWith().send(get(`http://${host}/`), never())).toEqual({
      kind: 'no-answer',
      sent: false,
      reason: `${host} refused the connection (ECONNREFUSED)`,
    });
  });

  test('a name that does not exist was not sent', async () => {
    const exchange = await clientWith().send(get('http://does-not-exist.invalid/'), never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(/^the name does-not-exist\.invalid could not be resolved/);
  });

  const closed = /closed the connection \((ECONNRESET|UND_ERR_SOCKET)\)$/;

  test('a request that was read before the reset was sent', async () => {
    const origin = await serve(async (request) => {
      await bodyOf(request);
      request.socket.resetAndDestroy();
    });
    const exchange = await clientWith().send(
      { ...get(origin), method: 'POST', body: 'x' },
      never(),
    );
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: true });
    expect(reasonOf(exchange)).toMatch(closed);
  });

  test('so was one whose connection was closed in good order, before any byte', async () => {
    const host = await serveTcp((socket) => socket.once('data', () => socket.end()));
    const exchange = await clientWith().send(get(`http://${host}/`), never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: true });
    expect(reasonOf(exchange)).toMatch(closed);
  });

  test('so was one that was answered with half a head', async () => {
    const host = await serveTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 201 Created\r\ncontent-')),
    );
    expect(await clientWith().send(get(`http://${host}/`), never())).toMatchObject({
      kind: 'no-answer',
      sent: true,
    });
  });

  test('so was one that was answered with something else than HTTP', async () => {
    const host = await serveTcp((socket) =>
      socket.once('data', () => socket.end('220 SecretGreeting of a mail server\r\n')),
    );
    const exchange = await clientWith().send(get(`http://${host}/`), never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: true });
    expect(reasonOf(exchange)).toMatch(/did not answer with HTTP \(HPE_\w+\)$/);
    expect(reasonOf(exchange)).not.toContain('SecretGreeting');
  });
});

describe('an answer', () => {
  const answering = (write: (response: ServerResponse) => void) =>
    serve((_, response) => write(response));

  const ways: Readonly<Record<string, (response: ServerResponse, size: number) => void>> = {
    'with its length': (response, size) =>
      response.writeHead(200, { 'content-length': size }).end('x'.repeat(size)),
    'in chunks': (response, size) => {
      response.write('x'.repeat(size / 2));
      response.end('x'.repeat(size - Math.floor(size / 2)));
    },
  };
  describe.each(Object.entries(ways))('%s', (_, write) => {
    test('is read up to 1 MiB', async () => {
      const origin = await answering((response) => write(response, MIB));
      const exchange = await clientWith().send(get(origin), never());
      expect(exchange.kind).toBe('answer');
      expect(exchange.kind === 'answer' && exchange.body.length).toBe(MIB);
    });

    test('is not read beyond it', async () => {
      const origin = await answering((response) => write(response, MIB + 1));
      expect(await clientWith().send(get(origin), never())).toMatchObject({
        kind: 'broken-answer',
        status: 200,
        why: 'too-large',
        reason: 'the answer is larger than 1 MiB',
      });
    });
  });

  test('without an end is given up at 1 MiB', async () => {
    const origin = await answering((response) => {
      const more = () => {
        while (response.writable && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await clientWith().send(get(origin), never())).toMatchObject({ why: 'too-large' });
  });

  test('that is reset half-way is cut off', async () => {
    const origin = await answering((response) => {
      response.writeHead(201, { 'content-length': 100, 'x-some': 'thing' });
      response.write('{"half', () => setTimeout(50).then(() => response.socket?.resetAndDestroy()));
    });
    const exchange = await clientWith().send(get(origin), never());
    expect(exchange).toMatchObject({ kind: 'broken-answer', status: 201, why: 'cut-off' });
    expect(exchange).toMatchObject({ headers: { 'x-some': 'thing' } });
    expect(reasonOf(exchange)).toMatch(/^the answer was cut short: .*closed the connection/);
  });

  test('that ends before its length is cut off', async () => {
    const host = await serveTcp((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"half'),
      ),
    );
    expect(await clientWith().send(get(`http://${host}/`), never())).toMatchObject({
      kind: 'broken-answer',
      status: 201,
      why: 'cut-off',
    });
  });

  test('that ends between chunks is cut off', async () => {
    const host = await serveTcp((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n6\r\n{"half\r\n'),
      ),
    );
    expect(await clientWith().send(get(`http://${host}/`), never())).toMatchObject({
      kind: 'broken-answer',
      why: 'cut-off',
    });
  });
});

describe('an attempt ends', () => {
  const SHORT = 150;
  const inTime = async (sending: Promise<Exchange>) => {
    const started = performance.now();
    const exchange = await sending;
    expect(performance.now() - started).toBeLessThan(5_000);
    return exchange;
  };

  test('at its time limit, when the server stays silent', async () => {
    const origin = await serve(() => {});
    const client = clientWith({ attemptTimeout: SHORT });
    expect(await inTime(client.send(get(origin), never()))).toEqual({
      kind: 'no-answer',
      sent: true,
      reason: 'no answer came within 0.15 s',
    });
  });

  test('at its time limit, when the answer does not end', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half');
    });
    const client = clientWith({ attemptTimeout: SHORT });
    expect(await inTime(client.send(get(origin), never()))).toMatchObject({
      kind: 'broken-answer',
      status: 200,
      why: 'cut-off',
      reason: 'the answer was cut short: no answer came within 0.15 s',
    });
  });

  test('at its time limit, when no TLS connection comes about', async () => {
    const host = await serveTcp(() => {});
    const client = clientWith({ attemptTimeout: SHORT });
    expect(await inTime(client.send(get(`https://${host}/`), never()))).toMatchObject({
      kind: 'no-answer',
      sent: false,
    });
  });

  test('when the caller wants it to', async () => {
    const arrived = Promise.withResolvers<void>();
    const origin = await serve(() => arrived.resolve());
    const caller = new AbortController();
    const sending = clientWith().send(get(origin), caller.signal);
    await arrived.promise;
    caller.abort();
    expect(await inTime(sending)).toEqual({
      kind: 'no-answer',
      sent: true,
      reason: 'it was ended before an answer came',
    });
  });

  test('when the caller wants it to in the middle of an answer', async () => {
    const caller = new AbortController();
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half', () => setTimeout(50).then(() => caller.abort()));
    });
    const exchange = await inTime(clientWith().send(get(origin), caller.signal));
    expect(exchange).toMatchObject({ kind: 'broken-answer', why: 'cut-off' });
    expect(reasonOf(exchange)).toContain('it was ended before');
  });
});

test('an attempt leaves nothing behind that waits', async () => {
  const origin = await serve((_, response) => response.end());
  const [first, second] = [new AbortController().signal, new AbortController().signal];
  const client = clientWith();
  await client.send(get(origin), first, second);
  const waiting = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
  const before = waiting().length;
  await client.send(get(origin), first, second);
  expect(waiting().length).toBe(before);
  expect([first, second].flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
});

test('an attempt uses a connection that was opened ahead', async () => {
  const origin = await serve((request, response) =>
    response.end(String(request.socket.remotePort)),
  );
  const early = earlyConnections();
  const url = new URL(origin);
  early.open(url);
  const [taken, again] = [early.take(url.origin), early.take(url.origin)];
  expect(again).toBeUndefined();
  const socket = await taken;
  const client = clientWith({ early: { ...early, take: () => Promise.resolve(socket) } });
  expect(await client.send(get(origin), never())).toMatchObject({
    body: String(socket?.localPort),
  });
});

test('what was opened ahead ends with the client', async () => {
  let ended = false;
  const early = { ...earlyConnections(), close: () => (ended = true) };
  clientWith({ early }).close();
  expect(ended).toBe(true);
});

test('an attempt is not begun when the caller has given up already', async () => {
  let connections = 0;
  const host = await serveTcp(() => {
    connections += 1;
  });
  const exchange = await clientWith().send(get(`http://${host}`), AbortSignal.abort());
  expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
  expect(reasonOf(exchange)).toBe('it was ended before an answer came');
  await setTimeout(50);
  expect(connections).toBe(0);
});

test('an attempt that is sent ends with the second signal, no longer with the first', async () => {
  const arrived = Promise.withResolvers<void>();
  const origin = await serve(() => arrived.resolve());
  const [first, second] = [new AbortController(), new AbortController()];
  let ended = false;
  const sending = clientWith().send(get(origin), first.signal, second.signal);
  void sending.then(() => {
    ended = true;
  });
  await arrived.promise;
  first.abort();
  await setTimeout(100);
  expect(ended).toBe(false);
  second.abort();
  expect(await sending).toMatchObject({ kind: 'no-answer', sent: true });
});

/** A server with a TLS certificate, which this process may trust. */
async function serveTls(pair: IssuedPair, listener: RequestListener): Promise<number> {
  const server = createTlsServer({ key: pair.privateKey, cert: pair.certificate }, listener);
  server.on('tlsClientError', () => {});
  return listen(server);
}

let trusted: IssuedPair;
let untrusted: IssuedPair;

beforeAll(async () => {
  [trusted, untrusted] = await Promise.all([
    selfSignedServer(['127.0.0.1']),
    selfSignedServer(['127.0.0.1']),
  ]);
  // Only this file's process, which ends with it.
  tls.setDefaultCACertificates([trusted.certificate]);
});

describe.each([
  { how: '', isAhead: false },
  { how: ', with a connection that was opened ahead', isAhead: true },
])('over TLS$how', ({ isAhead }) => {
  const sendTo = (url: string) => {
    const early = earlyConnections();
    if (isAhead) early.open(new URL(url));
    return clientWith({ early }).send(get(url), never());
  };

  test('reaches a server that is trusted', async () => {
    const port = await serveTls(trusted, (_, response) => response.end('hello'));
    const exchange = await sendTo(`https://127.0.0.1:${port}/`);
    expect(exchange).toMatchObject({ kind: 'answer', status: 200, body: 'hello' });
  });

  test('sends nothing to a server that is not', async () => {
    let asked = 0;
    const port = await serveTls(untrusted, (_, response) => {
      asked += 1;
      response.end();
    });
    const exchange = await sendTo(`https://127.0.0.1:${port}/`);
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(/is not trusted; .*NODE_EXTRA_CA_CERTS/);
    expect(asked).toBe(0);
  });

  test('sends nothing to it when the environment would allow it either', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    endings.push(() => void vi.unstubAllEnvs());
    const port = await serveTls(untrusted, (_, response) => response.end());
    const exchange = await sendTo(`https://127.0.0.1:${port}/`);
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toContain('is not trusted');
  });

  test('sends nothing to a server with a certificate for another name', async () => {
    let asked = 0;
    const port = await serveTls(trusted, (_, response) => {
      asked += 1;
      response.end();
    });
    const exchange = await sendTo(`https://localhost:${port}/`);
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(asked).toBe(0);
  });

  test('sends nothing to a server that speaks plain HTTP', async () => {
    const origin = await serve((_, response) => response.end());
    const exchange = await sendTo(origin.replace('http', 'https'));
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(/no TLS connection to 127\.0\.0\.1:\d+ could be made/);
  });

  test('sends nothing when the server resets the handshake', async () => {
    const host = await serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const exchange = await sendTo(`https://${host}/`);
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(/closed the connection/);
  });
});

describe('through a proxy', () => {
  interface Connect {
    readonly target: string | undefined;
    readonly authorization: string | undefined;
  }

  /** A proxy that makes tunnels; `answer` may do something else with the socket. */
  async function startProxy(answer?: (socket: Socket) => void) {
    const asked: Connect[] = [];
    const server: Server = createServer();
    server.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] });
      if (answer !== undefined) return answer(socket);
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const way = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(way).pipe(socket);
      });
      socket.once('close', () => way.destroy());
      way.on('error', () => socket.destroy());
    });
    return { host: `127.0.0.1:${await listen(server)}`, asked };
  }

  const through = (proxy: string, more: NodeJS.ProcessEnv = {}) =>
    clientWith({
      proxies: proxySettings({
        HTTPS_PROXY: `http://${proxy}`,
        HTTP_PROXY: `http://${proxy}`,
        ...more,
      }),
    });

  test('requests and answers go by a tunnel, with the password of the proxy', async () => {
    let authorization: unknown = 'nothing came';
    const port = await serveTls(trusted, (request, response) => {
      authorization = request.headers['proxy-authorization'];
      response.end('hello');
    });
    const { host, asked } = await startProxy();
    const client = through(`user:pass%20word@${host}`);
    const exchange = await client.send(get(`https://127.0.0.1:${port}/`), never());
    expect(exchange).toMatchObject({ kind: 'answer', status: 200, body: 'hello' });
    const basic = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
    expect(asked).toEqual([{ target: `127.0.0.1:${port}`, authorization: basic }]);
    expect(authorization).toBeUndefined();
  });

  test('the credentials of a request are not for the proxy to see', async () => {
    const bytes: string[] = [];
    const port = await serveTls(trusted, (_, response) => response.end());
    const { host } = await startProxy();
    const spy = await serveTcp((socket) => {
      const way = connect(Number(host.split(':')[1]), '127.0.0.1');
      socket.on('data', (chunk) => bytes.push(chunk.toString('latin1')));
      socket.once('close', () => way.destroy());
      way.on('error', () => socket.destroy());
      socket.pipe(way).pipe(socket);
    });
    const headers = {
      authorization: { scheme: 'Bearer', secret: new Secret('the-token') },
    } as const;
    const exchange = await through(spy).send(
      { ...get(`https://127.0.0.1:${port}/`), headers },
      never(),
    );
    expect(exchange).toMatchObject({ kind: 'answer', status: 200 });
    expect(bytes.join('')).toContain(`CONNECT 127.0.0.1:${port}`);
    expect(bytes.join('')).not.toContain('the-token');
  });

  test('hosts of NO_PROXY are reached directly', async () => {
    const port = await serveTls(trusted, (_, response) => response.end('hello'));
    const { host, asked } = await startProxy();
    const client = through(host, { NO_PROXY: '127.0.0.1' });
    const exchange = await client.send(get(`https://127.0.0.1:${port}/`), never());
    expect(exchange).toMatchObject({ kind: 'answer', body: 'hello' });
    expect(asked).toEqual([]);
  });

  test.each(['1', '0'])('the server is verified, with a variable of %s too', async (value) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
    endings.push(() => void vi.unstubAllEnvs());
    const port = await serveTls(untrusted, (_, response) => response.end());
    const { host, asked } = await startProxy();
    const exchange = await through(host).send(get(`https://127.0.0.1:${port}/`), never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(new RegExp(`certificate of 127\\.0\\.0\\.1:${port} is not`));
    expect(asked).toHaveLength(1);
  });

  test('that stays silent costs no more than the time limit', async () => {
    const { host } = await startProxy(() => {});
    const client = clientWith({
      attemptTimeout: 150,
      proxies: proxySettings({ HTTPS_PROXY: host }),
    });
    const started = performance.now();
    expect(await client.send(get('https://hub.invalid/'), never())).toEqual({
      kind: 'no-answer',
      sent: false,
      reason: 'no answer came within 0.15 s',
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  const refusals: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp]>> = {
    'that wants a password': [
      (socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
      /answered with status 407/,
    ],
    'that forbids the host': [
      (socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'),
      /answered with status 403/,
    ],
    'that can’t reach the host': [
      (socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno'),
      /answered with status 502/,
    ],
    'that resets the connection': [
      (socket) => socket.resetAndDestroy(),
      /can't be reached \((ECONNRESET|UND_ERR_SOCKET)\)/,
    ],
    'that closes the connection': [
      (socket) => socket.destroy(),
      /can't be reached \((ECONNRESET|UND_ERR_SOCKET)\)/,
    ],
  };
  test.each(Object.entries(refusals))('a proxy %s is named by its variable', async (_, row) => {
    const [answer, says] = row;
    const { host, asked } = await startProxy(answer);
    const client = through(`user:hunter2@${host}`);
    const exchange = await client.send(get('https://hub.invalid/'), never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(/^the proxy that HTTPS_PROXY names .*NO_PROXY/);
    expect(reasonOf(exchange)).toMatch(says);
    expect(reasonOf(exchange)).not.toMatch(/hunter2|aHVudGVyM|unknown/);
    expect(asked.map(({ target }) => target)).toEqual(['hub.invalid:443']);
  });

  test('a proxy that is not there is named by its variable', async () => {
    const client = through(`user:hunter2@127.0.0.1:${await closedPort()}`, { HTTPS_PROXY: '' });
    const exchange = await client.send(get('http://hub.invalid/'), never());
    expect(exchange).toMatchObject({ kind: 'no-answer', sent: false });
    expect(reasonOf(exchange)).toMatch(
      /^the proxy that HTTP_PROXY names can't be reached \(ECONNREFUSED\)/,
    );
  });
});

describe('close', () => {
  /** Resolves when the connection that a server got is gone again. */
  async function silentServer() {
    const arrived = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const host = await serveTcp((socket) => {
      socket.once('close', () => gone.resolve());
      socket.once('data', () => arrived.resolve());
    });
    return { host, arrived: arrived.promise, gone: gone.promise };
  }

  test.each(['http', 'https'])('ends an attempt of %s that has no answer yet', async (scheme) => {
    const { host, arrived, gone } = await silentServer();
    const client = clientWith();
    const sending = client.send(get(`${scheme}://${host}/`), never());
    await arrived;
    client.close();
    expect(await sending).toMatchObject({ kind: 'no-answer', sent: scheme === 'http' });
    await gone;
  });

  test('ends a connection that is being made for an attempt that was given up', async () => {
    const { host, arrived, gone } = await silentServer();
    const caller = new AbortController();
    const client = clientWith();
    const sending = client.send(get(`https://${host}/`), caller.signal);
    await arrived;
    caller.abort();
    client.close();
    expect(await sending).toMatchObject({ kind: 'no-answer', sent: false });
    await gone;
  });

  test('ends a connection that is being made after its attempt was given up', async () => {
    const { host, arrived, gone } = await silentServer();
    const caller = new AbortController();
    const client = clientWith();
    const sending = client.send(get(`https://${host}/`), caller.signal);
    await arrived;
    caller.abort();
    expect(await sending).toMatchObject({ kind: 'no-answer', sent: false });
    client.close();
    await gone;
  });

  test('ends a connection to a proxy that makes no tunnel', async () => {
    const { host, arrived, gone } = await silentServer();
    const client = clientWith({ proxies: proxySettings({ HTTPS_PROXY: host }) });
    const sending = client.send(get('https://hub.invalid/'), never());
    await arrived;
    client.close();
    expect(await sending).toMatchObject({ kind: 'no-answer', sent: false });
    await gone;
  });

  test('ends connections that are kept for the next request', async () => {
    const gone = Promise.withResolvers<void>();
    const origin = await serve((request, response) => {
      request.socket.once('close', () => gone.resolve());
      response.end();
    });
    const client = clientWith();
    await client.send(get(origin), never());
    client.close();
    await gone.promise;
  });

  test('can be called twice, and before anything was sent', async () => {
    const client = clientWith();
    client.close();
    client.close();
  });
});
