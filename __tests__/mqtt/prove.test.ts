import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { CertificateAuthority } from '../../sandbox/insights-hub/authority.ts';
import { systemClock } from '../../src/http/clock.ts';
import { proxySettings } from '../../src/http/proxy.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';
import type { Proof } from '../../src/mqtt/authorities.ts';
import { proveAuthority } from '../../src/mqtt/prove.ts';
import { type Device, verifyConnection } from '../../src/mqtt/verify.ts';
import { Secret } from '../../src/secret.ts';
import { hasOpenssl } from '../openssl.ts';
import { TestProxy } from '../proxy.ts';
import { type Chains, crossSigned } from './chains.ts';

const HOST = 'broker.test';
const CONNACK = Buffer.of(0x20, 2, 0, 0);

let chains: Chains;
let device: Device;
let clientCa: string;

beforeAll(async () => {
  if (!hasOpenssl) return;
  chains = crossSigned();
  chains.make('named', { signer: 'issuing', host: HOST });
  const hub = await CertificateAuthority.create();
  const { privateKey, certificate } = await hub.issue();
  const secret = new Secret(privateKey);
  device = { clientId: 'mqtt1_a', certificate, privateKey: secret };
  clientCa = hub.certificate;
});
afterAll(() => chains?.remove());

interface Playing {
  /** what the broker sends, its own certificate first */
  readonly sent: readonly string[];
  readonly trusted: readonly string[];
  /** what the broker does with a connection, the nth one from 0, when TLS is established */
  readonly behave?: (socket: TLSSocket, index: number) => void;
  readonly variables?: Readonly<Record<string, string>>;
  readonly broker?: { readonly host: string; readonly port: number };
}

/** A connection as the broker sees it. */
interface Seen {
  readonly servername: string | undefined;
  readonly alpn: string | undefined;
  readonly client: string;
  readonly received: Buffer[];
}

async function play({ sent, trusted, behave, variables = {}, broker }: Playing) {
  const seen: Seen[] = [];
  let connections = 0;
  const server = createServer(
    {
      key: chains.key(sent[0] ?? ''),
      cert: chains.pems(sent).join(''),
      ca: clientCa,
      requestCert: true,
      ALPNProtocols: ['x-amzn-mqtt-ca'],
      // The broker has seen the client's certificate, too, before the client is done.
      maxVersion: 'TLSv1.2',
    },
    (socket) => {
      const received: Buffer[] = [];
      const { alpnProtocol, servername } = socket;
      const alpn = alpnProtocol || undefined;
      const client = socket.getPeerCertificate().fingerprint256;
      seen.push({ servername: servername || undefined, alpn, client, received });
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk);
        socket.write(CONNACK);
      });
    },
  );
  server.on('connection', (socket) => {
    behave?.(socket as TLSSocket, connections);
    connections += 1;
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await TestProxy.start({ hosts: { [`${HOST}:443`]: `127.0.0.1:${port}` } });
  onTestFinished(() => proxy.stop());
  const env = broker ? { HTTPS_PROXY: `http://${proxy.host}`, ...variables } : variables;
  const cancelling = new AbortController();
  const { signal: cancelled } = cancelling;
  const limit = new TimeLimit(30, { cancelled, graceOver: new AbortController().signal });
  onTestFinished(() => limit.end());
  const lines: string[] = [];
  const services = { clock: systemClock, limit, debug: (line: string) => lines.push(line) };
  const access = { broker: broker ?? { host: 'localhost', port }, proxies: proxySettings(env) };
  const pems = chains.pems(trusted);
  const verify = () =>
    verifyConnection(device, { ...access, authorities: pems.join('') }, services);
  const prove = (certificates: readonly X509Certificate[]) =>
    proveAuthority(device, access, { sent: certificates, trusted: pems }, services);
  return { seen, lines, proxy, verify, prove, cancelling, port };
}

const nameOf = ({ authority }: Proof) => authority && new X509Certificate(authority).subject;

describe.skipIf(!hasOpenssl && !process.env['CI'])('the CA that is enough', () => {
  test('is searched for in what the broker sent, in its order', async () => {
    const sent = ['server', 'issuing', 'cross'];
    const { verify } = await play({ sent, trusted: ['far'] });
    const found = await verify();
    const distinct = [...new Set(found.map((certificate) => certificate.toString()))];
    expect(distinct).toEqual(chains.pems(sent));
  });

  test.each([
    ['the one above an intermediate', ['server', 'issuing'], ['other', 'near'], 'near', 1],
    [
      'the near one of a cross-signed root',
      ['server', 'issuing', 'cross'],
      ['far', 'near'],
      'near',
      1,
    ],
    [
      'the far one, when the near one is not trusted',
      ['server', 'issuing', 'cross'],
      ['far'],
      'far',
      1,
    ],
    [
      'not the intermediate that is trusted, too',
      ['server', 'issuing'],
      ['issuing', 'near'],
      'near',
      2,
    ],
    ['not one that only has its name', ['server', 'issuing'], ['namesake', 'near'], 'near', 1],
    ['also one that was sent', ['server', 'issuing', 'near'], ['near', 'other'], 'near', 1],
    ['a server that signed itself', ['self'], ['other', 'self'], 'self', 1],
  ] as const)('is %s', async (_, sent, trusted, expected, handshakes) => {
    if (expected === 'self') chains.make('self', { host: 'localhost' });
    const { seen, lines, verify, prove } = await play({ sent, trusted });
    const proof = await prove(await verify());
    expect(nameOf(proof)).toBe(`CN=${expected}`);
    expect(proof).toEqual({ authority: chains.pem(expected) });
    expect(lines).toHaveLength(1 + handshakes);
    expect(lines.at(-1)).toMatch(/^TLS mqtts:\/\/localhost:\d+: CA \d of \d alone: enough, /);
    // Only the first of the connections was spoken on.
    expect(seen.map(({ received }) => received.length > 0)).toEqual([
      true,
      ...Array<boolean>(seen.length - 1).fill(false),
    ]);
  });

  test('is proved as the device connects: by proxy, with its certificate, SNI and ALPN', async () => {
    const { seen, proxy, verify, prove } = await play({
      sent: ['named', 'issuing'],
      trusted: ['near'],
      broker: { host: HOST, port: 443 },
    });
    expect(nameOf(await prove(await verify()))).toBe('CN=near');
    const client = new X509Certificate(device.certificate).fingerprint256;
    const connection = { servername: HOST, alpn: 'x-amzn-mqtt-ca', client };
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen).toMatchObject([connection, connection]);
    expect(proxy.connects).toEqual([`${HOST}:443`, `${HOST}:443`]);
  });

  test('is not found when the chain goes through a CA that was not sent', async () => {
    const { verify, prove } = await play({ sent: ['server'], trusted: ['issuing', 'near'] });
    expect(await prove(await verify())).toEqual({
      why: expect.stringMatching(
        /^none of the trusted CAs that signed a certificate that the broker sent \(1\) was enough alone: the broker's certificate is not trusted, .* \(UNABLE_TO_\w+\)$/,
      ),
      isFinal: true,
    });
  });

  test('is not found when nothing that was sent leads to one, without another connection', async () => {
    const { seen, prove } = await play({ sent: ['server', 'issuing'], trusted: ['other'] });
    const sent = chains.pems(['server', 'issuing']).map((pem) => new X509Certificate(pem));
    expect(await prove(sent)).toEqual({
      why: 'no trusted CA signed a certificate that the broker sent',
      isFinal: true,
    });
    expect(seen).toEqual([]);
  });

  test('can be found later when the broker hangs up', async () => {
    const { verify, prove } = await play({
      sent: ['server', 'issuing'],
      trusted: ['near'],
      behave: (socket, index) => {
        if (index === 1) socket.destroy();
      },
    });
    const sent = await verify();
    expect(await prove(sent)).toMatchObject({
      why: expect.stringMatching(/: the broker (reset|closed) the connection/),
      isFinal: false,
    });
    expect(nameOf(await prove(sent))).toBe('CN=near');
  });

  test('is not searched for in a job that was cancelled', async () => {
    const { seen, verify, prove, cancelling } = await play({
      sent: ['server', 'issuing'],
      trusted: ['near'],
    });
    const sent = await verify();
    cancelling.abort();
    expect(await prove(sent)).toEqual({ why: 'the job was cancelled', isFinal: false });
    expect(seen).toHaveLength(1);
  });

  test('is not waited for when the job is cancelled', async () => {
    const playing = await play({
      sent: ['server', 'issuing'],
      trusted: ['near'],
      behave: (socket, index) => {
        if (index !== 1) return;
        // Never answers again.
        socket.pause();
        playing.cancelling.abort();
      },
    });
    const sent = await playing.verify();
    expect(await playing.prove(sent)).toMatchObject({ isFinal: false });
    expect(playing.seen).toHaveLength(1);
  });
});
