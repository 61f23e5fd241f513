import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import tls from 'node:tls';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type IssuedPair, selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import { Failure } from '../../src/failure.ts';
import { HttpClient, type HttpOptions, type HttpRequest } from '../../src/http/client.ts';
import { type Answer, isRateLimited } from '../../src/http/errors.ts';
import { type Preconnections, preconnect } from '../../src/http/preconnect.ts';
import { proxySettings } from '../../src/http/proxy.ts';
import { Secret } from '../../src/secret.ts';
import { VERSION } from '../../src/version.ts';
import { type ProxyOptions, TestProxy } from '../proxy.ts';
import { listen, never, nowhere, serveTcp, stubUnverifiedTls } from './servers.ts';

const MIB = 1024 * 1024;

/**
 * Longer than any of these tests may take, in milliseconds: for limits that must not be reached.
 */
const LONG = 50_000;

const serve = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(listener))}`;

function clientWith(options: Partial<HttpOptions> = {}) {
  const lines: string[] = [];
  const client = new HttpClient({
    proxies: proxySettings({}),
    attemptTimeout: LONG,
    debug: (line) => lines.push(line),
    ...options,
  });
  onTestFinished(() => client.close());
  return Object.assign(client, { lines });
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  what: 'The call',
  service: {
    readError: ({ body }) => (body === '' ? {} : { reference: body }),
    isRateLimited,
    adviceWhenMoved: '',
  },
  method: 'GET',
  url: new URL(url),
  headers: {},
  ...more,
});

/** Aborts an attempt, before and after the request is sent. */
const until = (signal = never(), sentSignal = signal) => ({ signal, sentSignal });

const send = (url: string, options: Partial<HttpOptions> = {}): Promise<Answer> =>
  clientWith(options).send(get(url), until());

/** The failure of an attempt without a complete answer. */
async function failureOf(sending: Promise<unknown>): Promise<Failure & { reason: string }> {
  const failure = await sending.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error('it did not fail');
  return Object.assign(failure, { reason: failure.call?.reason ?? '' });
}

/** The bytes of a request. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const bearer = (token: string) =>
  ({ authorization: { scheme: 'Bearer', secret: new Secret(token) } }) as const;

describe('a request', () => {
  test('arrives unchanged, and its answer comes back complete', async () => {
    const seen: unknown[] = [];
    const origin = await serve(async (request, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body: await bodyOf(request) });
      // A byte order mark, and a character in two pieces.
      const bytes = Buffer.from('\ufeffgrüße');
      response.writeHead(201, { 'x-some': 'thing' }).write(bytes.subarray(0, 6));
      response.end(bytes.subarray(6));
    });
    const request = get(`${origin}/a/b?c=d`, {
      method: 'POST',
      headers: {
        ...bearer('the-token'),
        'x-space-auth-key': { scheme: 'Basic', secret: new Secret('aWQ6c2VjcmV0') },
        'content-type': 'application/json',
      },
      body: '{"name":"ä"}',
    });
    expect(await clientWith().send(request, until())).toEqual({
      method: 'POST',
      url: request.url,
      status: 201,
      headers: expect.objectContaining({ 'x-some': 'thing' }),
      body: 'grüße',
    });
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
          'user-agent': `insights-hub-agent-certificate/${VERSION}`,
        }),
      },
    ]);
  });

  test('that can’t be sent at all fails, without its secrets', async () => {
    let asked = 0;
    const origin = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const request = get(origin, { method: 'POST', headers: bearer('a\nb-token') });
    const failure = await failureOf(clientWith().send(request, until()));
    expect(failure).toMatchObject({ code: 'unavailable', mayBeDone: false });
    expect(inspect(failure, { depth: 10 })).not.toContain('b-token');
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
    expect(await send(origin)).toMatchObject({ status });
    expect(followed).toBe(0);
  });

  test('reuses the previous connection', async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const client = clientWith();
    for (let count = 0; count < 3; count++) {
      await client.send(get(origin), until());
      // Node gives the connection back a moment after the answer.
      await setImmediate();
    }
    expect(ports.size).toBe(1);
  });
});

describe('the debug log', () => {
  test('has a line for each attempt, without the query of its URL and its secrets', async () => {
    const origin = await serve((_, response) => response.writeHead(503).end('the token'));
    const client = clientWith();
    const request = get(`${origin}/a?filter=x`, { headers: bearer('the-token') });
    await client.send(request, until());
    await client.send({ ...request, method: 'POST' }, until(), 2);
    const host = await nowhere();
    await client.send({ ...request, url: new URL(`http://${host}/b`) }, until()).catch(() => {});
    expect(client.lines.map((line) => line.replace(/\d+ ms/, 'some ms'))).toEqual([
      `GET ${origin}/a: HTTP 503, attempt 1, some ms`,
      `POST ${origin}/a: HTTP 503, attempt 2, some ms`,
      `GET http://${host}/b: ${host} refused the connection (ECONNREFUSED), attempt 1, some ms`,
    ]);
  });

  test('says how long it took', async () => {
    const origin = await serve((_, response) => response.end());
    const client = clientWith();
    const began = performance.now();
    await client.send(get(origin), until());
    const spent = performance.now() - began;
    const [, told] = /(\d+) ms$/.exec(client.lines[0] ?? '') ?? [];
    expect(Number(told)).toBeLessThanOrEqual(spent + 1);
  });

  interface Row {
    readonly how: string;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly references: readonly string[];
  }
  test.each<Row>([
    {
      how: 'in headers and in the body of a rejection',
      headers: { 'x-request-id': 'a1', 'x-github-request-id': 'C0:1F:2', 'x-other': 'b2' },
      body: 'ref-1',
      references: ['a1', 'C0:1F:2', 'ref-1'],
    },
    {
      how: 'once',
      headers: { 'x-correlation-id': 'a1', 'x-amzn-requestid': 'a1' },
      body: 'a1',
      references: ['a1'],
    },
    // The body of a success may contain a secret.
    {
      how: 'not in the body of a success',
      status: 201,
      headers: { 'x-request-id': 'a1' },
      body: 'ref-1',
      references: ['a1'],
    },
    {
      how: 'of a success if it can’t be a piece of a key',
      status: 201,
      headers: {
        'x-request-id': '123e4567-e89b-42d3-a456-426614174000',
        'x-correlation-id': 'aB1cD2eFABCDefgh',
      },
      references: ['123e4567-e89b-42d3-a456-426614174000'],
    },
    ...['::error::', 'two words', 'line\nend', '%0A', 'x'.repeat(65)].map((body) => ({
      how: `not as ${JSON.stringify(body)}`,
      body,
      references: [],
    })),
  ])('says how the service identifies the exchange: $how', async (row) => {
    const { status = 400, headers = {}, body = '', references } = row;
    const origin = await serve((_, response) => response.writeHead(status, headers).end(body));
    const client = clientWith();
    await client.send(get(origin), until());
    expect(client.lines[0]?.split(', reference ').slice(1)).toEqual(references);
  });
});

describe('if there is no answer', () => {
  test('a refused connection was not sent', async () => {
    const host = await nowhere();
    const reason = `${host} refused the connection (ECONNREFUSED)`;
    const url = new URL(`http://${host}/`);
    const failure = await failureOf(clientWith().send(get(url.href), until()));
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: `The call failed: ${reason}.`,
      mayBeDone: false,
    });
    expect(failure.call).toEqual({ method: 'GET', url, reason });
  });

  test('a name that does not exist was not sent', async () => {
    const failure = await failureOf(send('http://does-not-exist.invalid/'));
    expect(failure.mayBeDone).toBe(false);
    expect(failure.reason).toMatch(/^the name does-not-exist\.invalid could not be resolved/);
  });

  const closed = /closed the connection \((ECONNRESET|EPIPE)\)$/;

  test('a request that was read before the reset was sent', async () => {
    const origin = await serve(async (request) => {
      await bodyOf(request);
      request.socket.resetAndDestroy();
    });
    const request = get(origin, { method: 'POST', body: 'x' });
    const failure = await failureOf(clientWith().send(request, until()));
    expect(failure).toMatchObject({ code: 'unavailable', mayBeDone: true });
    expect(failure.reason).toMatch(closed);
  });

  const endings: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp]>> = {
    'was reset in the middle of the request': [(socket) => socket.resetAndDestroy(), closed],
    'was closed properly, before any byte': [(socket) => socket.end(), closed],
    'returned half a head': [(socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-'), closed],
    'returned only what comes before an answer': [
      (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
      closed,
    ],
    'returned a head that is too large': [
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
      /\(HPE_HEADER_OVERFLOW\)$/,
    ],
    'returned something other than HTTP': [
      (socket) => socket.end('220 SecretGreeting of a mail server\r\n'),
      /did not answer with HTTP \(HPE_\w+\)$/,
    ],
  };
  test.each(Object.entries(endings))('a request whose connection %s was sent', async (_, row) => {
    const [end, reason] = row;
    const host = await serveTcp((socket) => socket.once('data', () => end(socket)));
    const request = get(`http://${host}/`, { method: 'POST', body: 'x'.repeat(4 * MIB) });
    const failure = await failureOf(clientWith().send(request, until()));
    expect(failure).toMatchObject({ code: 'unavailable', mayBeDone: true });
    expect(failure.call).not.toHaveProperty('status');
    expect(failure.reason).toMatch(reason);
    expect(inspect(failure, { depth: 10 })).not.toContain('SecretGreeting');
  });
});

describe('an answer', () => {
  const ways: Readonly<Record<string, (response: ServerResponse, size: number) => void>> = {
    'with its length': (response, size) =>
      response.setHeader('content-length', size).end('x'.repeat(size)),
    'in chunks': (response, size) => {
      response.write('x'.repeat(size / 2));
      response.end('x'.repeat(size - Math.floor(size / 2)));
    },
  };
  const answering = (status: number, write: (response: ServerResponse) => void) =>
    serve((_, response) => {
      response.statusCode = status;
      write(response);
    });

  describe.each(Object.entries(ways))('%s', (_, write) => {
    test('is read up to 1 MiB', async () => {
      const { body } = await send(await answering(200, (response) => write(response, MIB)));
      expect(body.length).toBe(MIB);
    });

    test('is not read beyond that', async () => {
      const origin = await answering(200, (response) => write(response, MIB + 1));
      const failure = await failureOf(send(origin));
      expect(failure).toMatchObject({
        code: 'response-invalid',
        message: "The call got an answer that can't be used.",
        call: { status: 200, reason: 'the answer is larger than 1 MiB' },
        mayBeDone: true,
      });
    });

    test('is not read beyond that even if its status is enough', async () => {
      const refusing = await answering(404, (response) => write(response, MIB + 1));
      expect(await send(refusing)).toMatchObject({ status: 404, body: '' });
      const origin = await answering(201, (response) => write(response, MIB + 1));
      const request = get(origin, { ignoresBody: true });
      expect(await clientWith().send(request, until())).toMatchObject({ status: 201, body: '' });
    });
  });

  test('may be larger if the request allows it, and the message says how large', async () => {
    const origin = await serve((request, response) => {
      const { searchParams } = new URL(`http://host${request.url}`);
      response.end('x'.repeat(Number(searchParams.get('mib')) * MIB));
    });
    const client = clientWith();
    const send = (mib: number, largestAnswer?: number) =>
      client.send(get(`${origin}?mib=${mib}`, largestAnswer ? { largestAnswer } : {}), until());
    expect((await send(1.5, 2)).body).toHaveLength(1.5 * MIB);
    expect(await failureOf(send(2.5, 2))).toMatchObject({
      code: 'response-invalid',
      call: { status: 200, reason: 'the answer is larger than 2 MiB with its framing' },
    });
    // It is for that request only.
    expect((await failureOf(send(1.5))).reason).toBe('the answer is larger than 1 MiB');
  });

  test('without an end is abandoned at 1 MiB', async () => {
    const origin = await answering(200, (response) => {
      const more = () => {
        while (response.writable && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(send(origin))).toMatchObject({ code: 'response-invalid' });
  });

  test.each([
    ['before its length', 'content-length: 100\r\n\r\n{"half'],
    ['between chunks', 'transfer-encoding: chunked\r\n\r\n6\r\n{"half\r\n'],
  ])('that ends %s is cut short', async (_, rest) => {
    const head = (status: number) => `HTTP/1.1 ${status} Words\r\nx-some: thing\r\n${rest}`;
    const host = await serveTcp((socket) =>
      socket.once('data', (request) =>
        socket.end(head(/ \/(\d+)/.test(String(request)) ? 503 : 201)),
      ),
    );
    const failure = await failureOf(send(`http://${host}/`));
    expect(failure).toMatchObject({ code: 'unavailable', call: { status: 201 }, mayBeDone: true });
    expect(failure.reason).toMatch(/^the answer was cut short: .*closed the connection/);
    expect(failure.message).toBe(`The call failed: ${failure.reason}.`);
    const ignoring = get(`http://${host}/`, { ignoresBody: true });
    expect(await failureOf(clientWith().send(ignoring, until()))).toMatchObject({
      mayBeDone: true,
    });
    // Of an answer that is no success, the status and the headers say enough.
    expect(await send(`http://${host}/503`)).toMatchObject({
      status: 503,
      headers: { 'x-some': 'thing' },
      body: '',
    });
  });
});

/** Resolves when Node tells that something has happened. */
function told(channel: 'http.client.response.finish'): Promise<void> {
  return new Promise((resolve) => {
    const listener = () => {
      unsubscribe(channel, listener);
      resolve();
    };
    subscribe(channel, listener);
  });
}

/** A server that never ends its answers; emits an event when each begins. */
async function serveHalf(status: number) {
  const begun = Promise.withResolvers<IncomingMessage>();
  const origin = await serve((request, response) => {
    response.writeHead(status, { 'content-length': 100 }).write('{"half');
    begun.resolve(request);
  });
  return { origin, begun: begun.promise };
}

/** A server that accepts connections and never answers. */
async function serveSilence() {
  const [arrived, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const host = await serveTcp((socket) => {
    socket.once('close', () => gone.resolve());
    socket.once('data', () => arrived.resolve());
  });
  return { host, arrived: arrived.promise, gone: gone.promise };
}

test('an answer that is reset half-way is cut short', async () => {
  const read = told('http.client.response.finish');
  const { origin, begun } = await serveHalf(201);
  const sending = failureOf(send(origin));
  await read;
  (await begun).socket.resetAndDestroy();
  const failure = await sending;
  expect(failure).toMatchObject({ code: 'unavailable', call: { status: 201 }, mayBeDone: true });
  expect(failure.reason).toMatch(/^the answer was cut short: .*closed the connection/);
});

describe.each(['its time limit is over', 'its caller gives it up'])('when %s', (what) => {
  const isTime = what.startsWith('its time');
  const why = isTime
    ? 'no answer came within 50 s'
    : 'the request was stopped before an answer came';

  /** Sends a request, and ends the attempt as soon as `event` has come. */
  async function sendAndEnd(url: string, event: Promise<unknown>): Promise<Answer> {
    if (isTime) {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
    }
    const caller = new AbortController();
    const sending = clientWith().send(get(url, { method: 'POST' }), until(caller.signal));
    sending.catch(() => {});
    await event;
    if (isTime) vi.advanceTimersByTime(LONG);
    else caller.abort();
    return sending;
  }

  test('an attempt ends without an answer', async () => {
    const { host, arrived } = await serveSilence();
    const failure = await failureOf(sendAndEnd(`http://${host}/`, arrived));
    expect(failure).toMatchObject({ code: 'unavailable', reason: why, mayBeDone: true });
    expect(failure.message).toBe(`The call failed: ${why}.`);
  });

  test('an attempt ends in the middle of an answer', async () => {
    const read = told('http.client.response.finish');
    const { origin } = await serveHalf(200);
    const failure = await failureOf(sendAndEnd(origin, read));
    const reason = `the answer was cut short: ${why}`;
    expect(failure).toMatchObject({ code: 'unavailable', reason, mayBeDone: true });
    expect(failure.call?.status).toBe(200);
  });

  test('an attempt has an answer if its status arrived and is not a success', async () => {
    const read = told('http.client.response.finish');
    const { origin } = await serveHalf(503);
    expect(await sendAndEnd(origin, read)).toMatchObject({ status: 503, body: '' });
  });

  test('an attempt ends while a TLS connection is being opened, and was not sent', async () => {
    const { host, arrived } = await serveSilence();
    const failure = await failureOf(sendAndEnd(`https://${host}/`, arrived));
    expect(failure).toMatchObject({ code: 'unavailable', reason: why, mayBeDone: false });
  });
});

describe('an attempt', () => {
  test('leaves nothing behind that waits', async () => {
    const origin = await serve((_, response) => response.end());
    const [first, second] = [never(), never()];
    const client = clientWith();
    await client.send(get(origin), until(first, second));
    const waiting = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
    const before = waiting().length;
    for (let i = 0; i < 10; i++) await client.send(get(origin), until(first, second));
    // A timer of the test runner, or of an idle connection, may appear or end in the meantime.
    expect(waiting().length).toBeLessThan(before + 5);
    expect([first, second].flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
  });

  test.each([
    ['its caller has stopped waiting', until(AbortSignal.abort(), never())],
    ['nothing may be sent any more', until(never(), AbortSignal.abort())],
  ])('is not started when %s', async (_, ends) => {
    let connections = 0;
    const server = createServer((_request, response) => response.end());
    server.on('connection', () => {
      connections += 1;
    });
    const origin = `http://127.0.0.1:${await listen(server)}`;
    const client = clientWith();
    expect(await failureOf(client.send(get(origin), ends))).toMatchObject({
      reason: 'the request was stopped before an answer came',
      mayBeDone: false,
    });
    await client.send(get(origin), until());
    expect(connections).toBe(1);
  });

  test('that was abandoned is not sent when its connection is finally ready', async () => {
    let bytes = 0;
    const gone = Promise.withResolvers<void>();
    const host = await serveTcp((socket) => {
      socket.on('data', ({ length }) => {
        bytes += length;
      });
      socket.once('close', () => gone.resolve());
    });
    const { port } = new URL(`http://${host}`);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const taken = Promise.withResolvers<Socket>();
    const client = clientWith({ preconnections: { take: () => taken.promise, close: () => {} } });
    const caller = new AbortController();
    const sending = failureOf(client.send(get(`http://${host}`), until(caller.signal)));
    caller.abort();
    expect((await sending).mayBeDone).toBe(false);
    taken.resolve(socket);
    await setImmediate();
    client.close();
    await gone.promise;
    expect(bytes).toBe(0);
  });

  test('that is sent ends with the second signal, no longer with the first', async () => {
    const { host, arrived } = await serveSilence();
    const [first, second] = [new AbortController(), new AbortController()];
    let ended = false;
    const sending = clientWith().send(get(`http://${host}`), until(first.signal, second.signal));
    const failing = failureOf(sending).finally(() => {
      ended = true;
    });
    await arrived;
    first.abort();
    // As long as a whole exchange takes.
    await send(await serve((_, response) => response.end()));
    expect(ended).toBe(false);
    second.abort();
    expect(await failing).toMatchObject({
      reason: 'the request was stopped before an answer came',
      mayBeDone: true,
    });
  });
});

describe('connections that were opened ahead', () => {
  test('are used first, and then new ones', async () => {
    const origin = await serve(({ socket }, response) => response.end(String(socket.remotePort)));
    const preconnections = preconnect([new URL(origin)]);
    const socket = await preconnections.take(origin);
    const take = vi.fn().mockResolvedValueOnce(socket).mockResolvedValue(undefined);
    const client = clientWith({ preconnections: { ...preconnections, take } });
    const both = [1, 2].map(async () => (await client.send(get(origin), until())).body);
    const ports = await Promise.all(both);
    expect(ports[0]).toBe(String(socket?.localPort));
    expect(ports[1]).not.toBe(ports[0]);
    expect(take.mock.calls).toEqual([[origin], [origin]]);
  });

  test('are identified by the origin of the request, with IPv6 and without a port', async () => {
    const take = vi.fn().mockRejectedValue(Object.assign(new Error(), { code: 'ECONNREFUSED' }));
    const client = clientWith({ preconnections: { take, close: () => {} } });
    for (const url of ['https://hub.invalid/a', 'https://[::1]:8443/', 'http://127.0.0.1/']) {
      const failure = await failureOf(client.send(get(url), until()));
      expect(failure.reason).toContain('ECONNREFUSED');
    }
    const origins = ['https://hub.invalid', 'https://[::1]:8443', 'http://127.0.0.1'];
    expect(take.mock.calls.flat()).toEqual(origins);
  });

  test('are closed with the client', () => {
    const preconnections: Preconnections = { take: async () => undefined, close: vi.fn() };
    clientWith({ preconnections }).close();
    expect(preconnections.close).toHaveBeenCalledOnce();
  });
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
    selfSignedServer(['127.0.0.1', 'hub.test']),
    selfSignedServer(['127.0.0.1']),
  ]);
  // Only this file's process, which ends with it.
  tls.setDefaultCACertificates([trusted.certificate]);
});

describe.each([
  { how: '', isAhead: false },
  { how: ', with a connection that was opened ahead', isAhead: true },
])('over TLS$how', ({ isAhead }) => {
  const sendTo = (url: string) =>
    send(url, { preconnections: isAhead ? preconnect([new URL(url)]) : undefined });

  /** Expects that nothing is sent to a server, and why. */
  async function expectRefusal(pair: IssuedPair, host: string, reason: RegExp): Promise<void> {
    let asked = 0;
    const port = await serveTls(pair, (_, response) => {
      asked += 1;
      response.end();
    });
    const failure = await failureOf(sendTo(`https://${host}:${port}/`));
    expect(failure).toMatchObject({ code: 'unavailable', mayBeDone: false });
    expect(failure.reason).toMatch(reason);
    expect(asked).toBe(0);
  }

  test('reaches a trusted server', async () => {
    const port = await serveTls(trusted, (_, response) => response.end('hello'));
    expect(await sendTo(`https://127.0.0.1:${port}/`)).toMatchObject({ body: 'hello' });
  });

  test('sends nothing to an untrusted server', async () => {
    await expectRefusal(
      untrusted,
      '127.0.0.1',
      /is not trusted, because the runner does not know its issuer/,
    );
  });

  test('sends nothing to it even if the environment allows it', async () => {
    stubUnverifiedTls('0');
    await expectRefusal(untrusted, '127.0.0.1', /is not trusted/);
  });

  test('sends nothing to a server with a certificate for another name', async () => {
    await expectRefusal(trusted, 'localhost', /ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  test('sends nothing to a server that speaks plain HTTP', async () => {
    const origin = await serve((_, response) => response.end());
    const failure = await failureOf(sendTo(origin.replace('http', 'https')));
    expect(failure.mayBeDone).toBe(false);
    expect(failure.reason).toMatch(/no TLS connection to 127\.0\.0\.1:\d+ could be established/);
  });

  test('sends nothing when the server resets the handshake', async () => {
    const host = await serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const failure = await failureOf(sendTo(`https://${host}/`));
    expect(failure.mayBeDone).toBe(false);
    expect(failure.reason).toMatch(/closed the connection/);
  });
});

describe('through a proxy', () => {
  async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
    const proxy = await TestProxy.start(options);
    onTestFinished(() => proxy.stop());
    return proxy;
  }

  const through = (proxy: string, more: NodeJS.ProcessEnv = {}) =>
    clientWith({ proxies: proxySettings({ HTTPS_PROXY: proxy, ...more }) });

  /** Where only a proxy leads to: this machine is reached directly. */
  const HUB = 'https://hub.test/';
  const hubAt = (port: number) => ({ 'hub.test:443': `127.0.0.1:${port}` });

  test('requests and answers go through a tunnel, with the proxy’s password', async () => {
    let authorization: unknown = 'nothing came';
    const port = await serveTls(trusted, (request, response) => {
      authorization = request.headers['proxy-authorization'];
      response.end('hello');
    });
    const proxy = await startProxy({ hosts: hubAt(port) });
    const client = through(`user:pass%20word@${proxy.host}`);
    for (let count = 0; count < 2; count++) {
      const answer = await client.send(get(HUB), until());
      expect(answer).toMatchObject({ status: 200, body: 'hello' });
      await setImmediate();
    }
    const basic = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
    // The second request uses the tunnel of the first one.
    expect(proxy.connects).toEqual(['hub.test:443']);
    expect(proxy.authorizations).toEqual([basic]);
    expect(authorization).toBeUndefined();
  });

  test('this machine is reached directly', async () => {
    const origin = await serve((_, response) => response.end('hello'));
    const proxy = await startProxy();
    const client = through(proxy.host, { HTTP_PROXY: proxy.host });
    expect(await client.send(get(origin), until())).toMatchObject({ body: 'hello' });
    const port = await serveTls(trusted, (_, response) => response.end('hello'));
    const url = `https://127.0.0.1:${port}/`;
    expect(await client.send(get(url), until())).toMatchObject({ body: 'hello' });
    expect(proxy.connects).toEqual([]);
  });

  test('the tunnel leads to the default port of a URL without one', async () => {
    const proxy = await startProxy({ refuse: 403 });
    const client = through(proxy.host);
    for (const url of ['https://hub.invalid/', 'https://[2001:db8::1]/']) {
      await failureOf(client.send(get(url), until()));
    }
    expect(proxy.connects).toEqual(['hub.invalid:443', '[2001:db8::1]:443']);
  });

  test('that speaks TLS itself, requests use TLS within TLS', async () => {
    const port = await serveTls(trusted, (_, response) => response.end('hello'));
    const proxy = await startProxy({ tls: trusted, hosts: hubAt(port) });
    const client = through(`https://${proxy.host}`);
    const { body } = await client.send(get(HUB), until());
    expect(body).toBe('hello');
    expect(proxy.connects).toEqual(['hub.test:443']);
  });

  test('the credentials of a request are hidden from the proxy', async () => {
    const bytes: string[] = [];
    const port = await serveTls(trusted, (_, response) => response.end());
    const proxy = await startProxy({ hosts: hubAt(port) });
    const spy = await serveTcp((socket) => {
      const way = connect(Number(proxy.host.split(':')[1]), '127.0.0.1');
      socket.on('data', (chunk) => bytes.push(chunk.toString('latin1')));
      socket.once('close', () => way.destroy());
      way.on('error', () => socket.destroy());
      socket.pipe(way).pipe(socket);
    });
    const request = get(HUB, { headers: bearer('the-token') });
    expect(await through(spy).send(request, until())).toMatchObject({ status: 200 });
    expect(bytes.join('')).toContain('CONNECT hub.test:443');
    expect(bytes.join('')).not.toContain('the-token');
  });

  test('hosts of NO_PROXY are reached directly', async () => {
    const proxy = await startProxy();
    const client = through(proxy.host, { NO_PROXY: 'hub.invalid' });
    const failure = await failureOf(client.send(get('https://hub.invalid/'), until()));
    expect(failure.reason).toMatch(/^the name hub\.invalid could not be resolved/);
    expect(proxy.connects).toEqual([]);
  });

  test('no connection that was opened ahead is used', async () => {
    const port = await serveTls(trusted, (_, response) => response.end('hello'));
    const proxy = await startProxy({ hosts: hubAt(port) });
    const take = vi.fn(async () => undefined);
    const proxies = proxySettings({ HTTPS_PROXY: proxy.host });
    await send(HUB, { proxies, preconnections: { take, close: () => {} } });
    expect(take).not.toHaveBeenCalled();
    expect(proxy.connects).toHaveLength(1);
  });

  test.each(['1', '0'])('the server is verified, even with a variable of %s', async (value) => {
    stubUnverifiedTls(value);
    const port = await serveTls(untrusted, (_, response) => response.end());
    const proxy = await startProxy({ hosts: hubAt(port) });
    const failure = await failureOf(through(proxy.host).send(get(HUB), until()));
    expect(failure.mayBeDone).toBe(false);
    expect(failure.reason).toMatch(/certificate of hub\.test is not trusted/);
    expect(failure.call?.isFinal).toBe(true);
    expect(proxy.connects).toHaveLength(1);
  });

  test.each(['time', 'caller'])('that never answers, an attempt ends with its %s', async (end) => {
    const { host, arrived } = await serveSilence();
    if (end === 'time') {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
    }
    const caller = new AbortController();
    const sending = failureOf(
      through(host).send(get('https://hub.invalid/'), until(caller.signal)),
    );
    await arrived;
    if (end === 'time') vi.advanceTimersByTime(LONG);
    else caller.abort();
    expect((await sending).mayBeDone).toBe(false);
  });

  const refusals: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp]>> = {
    'wants a password': [
      (socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
      /answered with status 407\. It requires credentials: check the user name and password in that variable\.$/,
    ],
    'can’t reach the host': [
      (socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno'),
      /answered with status 502\. Check that variable\. List hosts that the runner can reach directly in NO_PROXY\.$/,
    ],
    'resets the connection': [
      (socket) => socket.resetAndDestroy(),
      /can't be reached \(ECONNRESET\)/,
    ],
    'closes the connection': [(socket) => socket.end(), /can't be reached \(ECONNRESET\)/],
  };
  test.each(Object.entries(refusals))(
    'a proxy that %s is named by its variable',
    async (_, row) => {
      const [answer, says] = row;
      const host = await serveTcp((socket) => socket.once('data', () => answer(socket)));
      const client = through(`user:hunter2@${host}`);
      const failure = await failureOf(client.send(get('https://hub.invalid/'), until()));
      expect(failure).toMatchObject({ code: 'unavailable', mayBeDone: false });
      expect(failure.message).toMatch(/ failed: the proxy in HTTPS_PROXY /);
      expect(failure.message).toMatch(says);
      expect(inspect(failure, { depth: 10 })).not.toMatch(/hunter2|aHVudGVyM/);
    },
  );

  test('a proxy that can’t be reached is named by its variable', async () => {
    const client = through(`user:hunter2@${await nowhere()}`);
    const failure = await failureOf(client.send(get('https://hub.invalid/'), until()));
    expect(failure.mayBeDone).toBe(false);
    expect(failure.reason).toMatch(/^the proxy in HTTPS_PROXY can't be reached \(ECONNREFUSED\)/);
  });
});

describe('close', () => {
  test.each(['http', 'https'])('stops an attempt of %s that has no answer yet', async (scheme) => {
    const { host, arrived, gone } = await serveSilence();
    const client = clientWith();
    const sending = failureOf(client.send(get(`${scheme}://${host}/`), until()));
    await arrived;
    client.close();
    expect((await sending).mayBeDone).toBe(scheme === 'http');
    await gone;
  });

  test.each(['before', 'after'])(
    'closes a connection that is being opened for an abandoned attempt, %s it failed',
    async (when) => {
      const { host, arrived, gone } = await serveSilence();
      const caller = new AbortController();
      const client = clientWith();
      const sending = failureOf(client.send(get(`https://${host}/`), until(caller.signal)));
      await arrived;
      caller.abort();
      if (when === 'before') client.close();
      expect((await sending).mayBeDone).toBe(false);
      client.close();
      await gone;
    },
  );

  test('closes a connection to a proxy that opens no tunnel', async () => {
    const { host, arrived, gone } = await serveSilence();
    const client = clientWith({ proxies: proxySettings({ HTTPS_PROXY: host }) });
    const sending = failureOf(client.send(get('https://hub.invalid/'), until()));
    await arrived;
    client.close();
    expect((await sending).mayBeDone).toBe(false);
    await gone;
  });

  test('closes a TLS connection that is being opened in a tunnel', async () => {
    const { host, arrived, gone } = await serveSilence();
    const proxy = await TestProxy.start({ hosts: { 'hub.test:443': host } });
    onTestFinished(() => proxy.stop());
    const client = clientWith({ proxies: proxySettings({ HTTPS_PROXY: proxy.host }) });
    const sending = failureOf(client.send(get('https://hub.test/'), until()));
    await arrived;
    client.close();
    expect((await sending).mayBeDone).toBe(false);
    await gone;
  });

  test('closes connections that are kept for the next request', async () => {
    const gone = Promise.withResolvers<void>();
    const origin = await serve((request, response) => {
      request.socket.once('close', () => gone.resolve());
      response.end();
    });
    const client = clientWith();
    await client.send(get(origin), until());
    client.close();
    await gone.promise;
  });

  test('can be called twice, and before anything was sent', () => {
    const client = clientWith();
    client.close();
    client.close();
  });
});
