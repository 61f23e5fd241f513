import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type IssuedPair, selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import { openTunnel } from '../../src/http/tunnel.ts';
import { type ProxyOptions, TestProxy } from '../proxy.ts';
import { listen, never, nowhere, serveTcp, stubUnverifiedTls } from './servers.ts';

const TARGET = 'hub.invalid:8883';

async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const proxy = await TestProxy.start(options);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** A server that sends back what it gets. */
const startEcho = () => serveTcp((socket) => void socket.pipe(socket));

const open = (url: string, authority = TARGET, signal = never()) =>
  openTunnel({ variable: 'HTTPS_PROXY', url }, authority, signal);

/** Sends something through a tunnel, and returns what comes back. */
async function echoThrough(tunnel: Socket): Promise<string> {
  tunnel.write('hello');
  const [heard] = await once(tunnel, 'data');
  tunnel.destroy();
  return String(heard);
}

/** A proxy that does something when it has read the head of a CONNECT. */
function startAnswering(write: (socket: Socket, head: string) => void): Promise<string> {
  return serveTcp((socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (head.endsWith('\r\n\r\n')) write(socket, head);
    });
  });
}

describe('a tunnel', () => {
  test('leads to the host, and needs no password if the proxy needs none', async () => {
    const proxy = await startProxy();
    const echo = await startEcho();
    expect(await echoThrough(await open(`http://${proxy.host}`, echo))).toBe('hello');
    expect(proxy.connects).toEqual([echo]);
    expect(proxy.authorizations).toEqual([undefined]);
  });

  test('is requested by host and port', async () => {
    const heads: string[] = [];
    const proxy = await startAnswering((socket, head) => {
      heads.push(head);
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    (await open(`http://${proxy}`, '[::1]:8883')).destroy();
    expect(heads[0]).toMatch(/^CONNECT \[::1\]:8883 HTTP\/1\.1\r\n/);
    expect(heads[0]).toMatch(/\r\nhost: \[::1\]:8883\r\n/i);
  });

  test.each([
    ['us%40er:pass%20word', 'us@er:pass word'],
    ['us%C3%A9r:%25%3A%2F', 'usér:%:/'],
    ['user', 'user:'],
    ['user:a:b', 'user:a:b'],
  ])('is requested with the credentials %s, their escapes decoded', async (given, plain) => {
    const proxy = await startProxy();
    await echoThrough(await open(`http://${given}@${proxy.host}`, await startEcho()));
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from(plain).toString('base64')}`]);
  });

  test('leads through a proxy with an IPv6 address', async () => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    });
    const port = await listen(server, '::1');
    (await open(`http://[::1]:${port}`)).destroy();
  });

  test.each([200, 204, 299])('is opened when the proxy answers with %i', async (status) => {
    const proxy = await startProxy({ refuse: status });
    (await open(`http://${proxy.host}`)).on('error', () => {}).destroy();
  });

  test.each([
    'HTTP/1.1 201 Created\r\ncontent-length: 0',
    'HTTP/1.1 204 No Content',
    // To be ignored, as RFC 9110 says in 9.3.6: there is no body.
    'HTTP/1.1 201 Created\r\ncontent-length: 5',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked',
    `HTTP/1.1 200 OK\r\nx-trace: ${'x'.repeat(60 * 1024)}`,
  ])('carries every byte when the proxy answers with %.60s', async (head) => {
    const proxy = await startAnswering((socket) => {
      socket.removeAllListeners('data').pipe(socket);
      socket.write(`${head}\r\n\r\n`);
    });
    expect(await echoThrough(await open(`http://${proxy}`))).toBe('hello');
  });

  test('contains what immediately follows the proxy’s answer', async () => {
    const proxy = await startAnswering((socket) => {
      socket.removeAllListeners('data').pipe(socket);
      socket.write('HTTP/1.1 200 OK\r\n\r\nfirst ');
    });
    const tunnel = await open(`http://${proxy}`);
    let heard = '';
    tunnel.on('data', (chunk) => {
      heard += chunk;
    });
    tunnel.write('and second');
    await vi.waitFor(() => expect(heard).toBe('first and second'), { timeout: 20_000 });
    tunnel.destroy();
  });
});

describe('no tunnel is opened', () => {
  const answers: Readonly<Record<string, readonly [number, string]>> = {
    'without a body': [407, 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'],
    'with a body': [502, 'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno'],
    'with half a body': [403, 'HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nno'],
    'with a body in chunks': [
      500,
      'HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
    ],
    'with a redirect': [300, 'HTTP/1.1 300 Choices\r\nlocation: http://a.invalid/\r\n\r\n'],
    'before an answer': [199, 'HTTP/1.1 199 Wait\r\n\r\n'],
  };
  test.each(Object.entries(answers))('when it is rejected %s', async (_, [status, bytes]) => {
    const gone = Promise.withResolvers<void>();
    const proxy = await startAnswering((socket) => {
      socket.once('close', () => gone.resolve());
      socket.write(bytes);
    });
    await expect(open(`http://${proxy}`)).rejects.toMatchObject({
      name: 'ProxyError',
      reason: `answered with status ${status}`,
      status,
    });
    // The connection can no longer be used.
    await gone.promise;
  });

  test('when the proxy is an ordinary server', async () => {
    const server = createHttpServer((_, response) => response.end('hello'));
    server.on('connect', (_, socket) => socket.end('HTTP/1.1 405 Not Allowed\r\n\r\n'));
    const opening = open(`http://127.0.0.1:${await listen(server)}`);
    await expect(opening).rejects.toMatchObject({ reason: 'answered with status 405' });
    // Node closes the connection when nobody listens to CONNECT.
    const deaf = createHttpServer((_, response) => response.end('hello'));
    const failing = open(`http://127.0.0.1:${await listen(deaf)}`);
    await expect(failing).rejects.toMatchObject({ reason: "can't be reached (ECONNRESET)" });
  });

  const endings: Readonly<Record<string, (socket: Socket) => void>> = {
    'closes the connection': (socket) => socket.end(),
    'resets the connection': (socket) => socket.resetAndDestroy(),
    'closes it in the middle of its answer': (socket) => socket.end('HTTP/1.1 200 O'),
  };
  test.each(Object.entries(endings))('when the proxy %s', async (_, end) => {
    const proxy = await startAnswering(end);
    await expect(open(`http://${proxy}`)).rejects.toMatchObject({
      name: 'ProxyError',
      reason: "can't be reached (ECONNRESET)",
      status: undefined,
    });
  });

  test('when the proxy does not speak HTTP', async () => {
    const proxy = await startAnswering((socket) => socket.end('220 SecretGreeting\r\n'));
    await expect(open(`http://${proxy}`)).rejects.toMatchObject({
      reason: expect.stringMatching(/^can't be reached \(HPE_\w+\)$/),
    });
  });

  test('when there is no proxy', async () => {
    await expect(open(`http://${await nowhere()}`)).rejects.toMatchObject({
      reason: "can't be reached (ECONNREFUSED)",
      status: undefined,
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    });
  });

  test('when it is no longer wanted', async () => {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const proxy = await startAnswering((socket) => {
      socket.once('close', () => gone.resolve());
      asked.resolve();
    });
    const enough = new AbortController();
    const opening = open(`http://${proxy}`, TARGET, enough.signal);
    await asked.promise;
    enough.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    await gone.promise;
  });

  test('when it was never wanted', async () => {
    let asked = 0;
    const proxy = await serveTcp(() => {
      asked += 1;
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(open(`http://${proxy}`, TARGET, signal)).rejects.toThrow('enough');
    expect(asked).toBe(0);
  });
});

describe('a proxy that speaks TLS', () => {
  /** Has this process trust only this certificate until the test is over. */
  function trust({ certificate }: IssuedPair): void {
    const before = tls.getCACertificates();
    tls.setDefaultCACertificates([certificate]);
    onTestFinished(() => tls.setDefaultCACertificates(before));
  }
  const portOf = ({ host }: TestProxy) => host.split(':')[1];

  test('is verified by its own name, whatever the environment says', async () => {
    const [trusted, other] = await Promise.all([
      selfSignedServer(['127.0.0.1']),
      selfSignedServer(['127.0.0.1']),
    ]);
    trust(trusted);
    stubUnverifiedTls('0');

    const proxy = await startProxy({ tls: trusted });
    const echo = await startEcho();
    expect(await echoThrough(await open(`https://${proxy.host}`, echo))).toBe('hello');

    const stranger = await startProxy({ tls: other });
    await expect(open(`https://${stranger.host}`)).rejects.toMatchObject({
      reason: expect.stringMatching(
        /^can't be reached: its TLS certificate is not trusted, .* \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
      ),
      advice: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      isFinal: true,
    });
    expect(stranger.connects).toEqual([]);
    await expect(open(`https://localhost:${portOf(proxy)}`)).rejects.toMatchObject({
      reason:
        "can't be reached: its TLS certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)",
      advice: 'Check the host in that variable.',
    });
  });

  test('is requested by the name in its URL', async () => {
    const pair = await selfSignedServer(['localhost']);
    trust(pair);
    const names: unknown[] = [];
    const server = tls.createServer({ key: pair.privateKey, cert: pair.certificate }, (socket) => {
      names.push(socket.servername);
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    });
    const port = await listen(server, 'localhost');
    (await open(`https://localhost:${port}`, TARGET)).destroy();
    expect(names).toEqual(['localhost']);
  });

  test('may have an IPv6 address', async () => {
    const pair = await selfSignedServer(['::1']);
    trust(pair);
    const names: unknown[] = [];
    const server = tls.createServer({ key: pair.privateKey, cert: pair.certificate }, (socket) => {
      names.push(socket.servername);
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    });
    (await open(`https://[::1]:${await listen(server, '::1')}`)).destroy();
    // An address can't be sent as a name.
    expect(names).toEqual([false]);
  });

  test('fails if it does not speak TLS', async () => {
    const proxy = await startProxy();
    await expect(open(`https://${proxy.host}`)).rejects.toMatchObject({
      name: 'ProxyError',
      reason: expect.stringMatching(/^can't be reached \((ERR_SSL|EPROTO|ECONNRESET)/),
    });
  });

  test('is not waited for longer than wanted', async () => {
    const arrived = Promise.withResolvers<void>();
    const silent = await serveTcp((socket) => socket.once('data', () => arrived.resolve()));
    const enough = new AbortController();
    const opening = open(`https://${silent}`, TARGET, enough.signal);
    await arrived.promise;
    enough.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});
