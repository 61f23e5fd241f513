import { once } from 'node:events';
import { createServer } from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { selfSignedServer } from '../../sandbox/insights-hub/authority.ts';
import { openTunnel } from '../../src/http/tunnel.ts';
import { type ProxyOptions, TestProxy } from '../proxy.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const never = () => new AbortController().signal;
const at = (url: string) => ({ variable: 'HTTPS_PROXY', url });

async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const proxy = await TestProxy.start(options);
  endings.push(() => proxy.stop());
  return proxy;
}

/** A server that sends back what it gets. */
async function startEcho(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

/** Says something through a tunnel, and gives what comes back. */
async function echoThrough(url: string, authority: string): Promise<string> {
  const tunnel = await openTunnel(at(url), authority, never());
  tunnel.write('hello');
  const [heard] = await once(tunnel, 'data');
  const closed = once(tunnel, 'close');
  tunnel.destroy();
  await closed;
  return String(heard);
}

describe('a tunnel', () => {
  test('leads to the host, and needs no password if the proxy needs none', async () => {
    const proxy = await startProxy();
    const echo = await startEcho();
    expect(await echoThrough(`http://${proxy.host}`, echo)).toBe('hello');
    expect(proxy.connects).toEqual([echo]);
    expect(proxy.authorizations).toEqual([undefined]);
  });

  test('is asked for with the user name and the password, their escapes undone', async () => {
    const proxy = await startProxy();
    await echoThrough(`http://us%40er:pass%20word@${proxy.host}`, await startEcho());
    const basic = Buffer.from('us@er:pass word').toString('base64');
    expect(proxy.authorizations).toEqual([`Basic ${basic}`]);
  });

  test.each([200, 204, 299])('is there when the proxy answers with %i', async (refuse) => {
    const proxy = await startProxy({ refuse });
    const tunnel = await openTunnel(at(`http://${proxy.host}`), 'hub.invalid:8883', never());
    tunnel.on('error', () => {}).destroy();
  });

  test.each([300, 403, 407, 502])('is refused with any other status, as %i', async (refuse) => {
    const proxy = await startProxy({ refuse });
    const opening = openTunnel(at(`http://${proxy.host}`), 'hub.invalid:8883', never());
    await expect(opening).rejects.toMatchObject({
      name: 'ProxyError',
      reason: `answered with status ${refuse}`,
      status: refuse,
    });
  });

  test('is refused by a proxy that is not there', async () => {
    const proxy = await TestProxy.start();
    const { host } = proxy;
    await proxy.stop();
    const opening = openTunnel(at(`http://${host}`), 'hub.invalid:8883', never());
    await expect(opening).rejects.toMatchObject({
      reason: "can't be reached (ECONNREFUSED)",
      status: undefined,
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    });
  });

  test('is not waited for any longer than wanted', async () => {
    const proxy = await startProxy({ silent: true });
    const enough = new AbortController();
    const opening = openTunnel(at(`http://${proxy.host}`), 'hub.invalid:8883', enough.signal);
    await vi.waitFor(() => expect(proxy.connects).toHaveLength(1));
    enough.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});

describe('a proxy that speaks TLS', () => {
  test('is verified by its own name, whatever the environment says', async () => {
    const [trusted, other] = await Promise.all([
      selfSignedServer(['127.0.0.1']),
      selfSignedServer(['127.0.0.1']),
    ]);
    const before = tls.getCACertificates();
    tls.setDefaultCACertificates([trusted.certificate]);
    endings.push(() => tls.setDefaultCACertificates(before));
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    endings.push(() => vi.unstubAllEnvs());

    const proxy = await startProxy({ tls: trusted });
    expect(await echoThrough(`https://${proxy.host}`, await startEcho())).toBe('hello');

    const stranger = await startProxy({ tls: other });
    const opening = openTunnel(at(`https://${stranger.host}`), 'hub.invalid:8883', never());
    await expect(opening).rejects.toMatchObject({
      reason: "can't be reached (DEPTH_ZERO_SELF_SIGNED_CERT)",
    });

    const misnamed = `https://localhost:${proxy.host.split(':')[1]}`;
    await expect(openTunnel(at(misnamed), 'hub.invalid:8883', never())).rejects.toMatchObject({
      reason: "can't be reached (ERR_TLS_CERT_ALTNAME_INVALID)",
    });
  });

  test('is asked for by the name in its URL', async () => {
    const named = await selfSignedServer(['localhost']);
    const before = tls.getCACertificates();
    tls.setDefaultCACertificates([named.certificate]);
    endings.push(() => tls.setDefaultCACertificates(before));
    const proxy = await startProxy({ tls: named });
    const url = `https://localhost:${proxy.host.split(':')[1]}`;
    expect(await echoThrough(url, await startEcho())).toBe('hello');
  });
});
