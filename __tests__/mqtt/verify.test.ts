import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CertificateAuthority, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import type { Clock } from '../../src/http/clock.ts';
import { proxySettings } from '../../src/http/proxy.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';
import { connectPacket, DISCONNECT } from '../../src/mqtt/packets.ts';
import { verifyConnection } from '../../src/mqtt/verify.ts';
import { Secret } from '../../src/secret.ts';

const ACCEPTED = [0x20, 2, 0, 0];
const NOT_AUTHORISED = [0x20, 2, 0, 5];

/** What a broker does when a CONNECT has come, the nth one from 0. */
type Behaviour = (socket: TLSSocket, attempt: number) => void;

let device: Parameters<typeof verifyConnection>[0];
let tls: { readonly ca: string; readonly key: string; readonly cert: string };
let authorities: string;
const interruption = {
  cancelled: new AbortController().signal,
  graceOver: new AbortController().signal,
};
const limits: TimeLimit[] = [];

beforeAll(async () => {
  const hub = await CertificateAuthority.create();
  const { privateKey, certificate } = await hub.issue();
  device = {
    clientId: 'mqtt1_a',
    certificate,
    privateKey: new Secret(privateKey),
  };
  const root = await ServerAuthority.create();
  const server = await root.issueServer({ names: ['localhost'] });
  authorities = root.certificate;
  tls = { ca: hub.certificate, key: server.privateKey, cert: server.certificate };
});
afterAll(() => {
  for (const limit of limits) limit.end();
});

/** A broker that reads a CONNECT and then does what the test says. */
async function start(behave: Behaviour) {
  const received: Buffer[] = [];
  const server = createServer({ ...tls, requestCert: true }, (socket) => {
    const attempt = received.length;
    received.push(Buffer.alloc(0));
    socket.on('error', () => {});
    socket.once('data', () => behave(socket, attempt));
    socket.on('data', (chunk: Buffer) => {
      received[attempt] = Buffer.concat([received[attempt] ?? Buffer.alloc(0), chunk]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const limit = new TimeLimit(300, interruption);
  limits.push(limit);
  const waits: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    random: () => 0,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
  const lines: string[] = [];
  const broker = { host: 'localhost', port };
  const access = { broker, authorities, proxies: proxySettings({}) };
  const verify = () =>
    verifyConnection(device, access, { clock, limit, debug: (line) => lines.push(line) });
  return { verify, received, waits, lines, limit };
}

describe('a connection', () => {
  test('is one CONNECT and one DISCONNECT', async () => {
    const { verify, received, waits, lines } = await start((socket) => {
      socket.write(Buffer.from(ACCEPTED));
    });
    await verify();
    expect(received).toEqual([Buffer.concat([connectPacket('mqtt1_a'), DISCONNECT])]);
    expect(waits).toEqual([]);
    expect(lines).toEqual([
      expect.stringMatching(/^MQTT mqtts:\/\/localhost:\d+: connected, attempt 1, 0 ms$/),
    ]);
  });

  test('is accepted by a CONNACK that comes byte by byte, with more after it', async () => {
    const { verify, received } = await start(async (socket) => {
      socket.setNoDelay();
      for (const byte of [...ACCEPTED, 0xd0, 0]) {
        await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      }
    });
    await verify();
    expect(received[0]?.subarray(-2)).toEqual(DISCONNECT);
  });

  test('is retried after longer and longer waits, for less than a minute', async () => {
    const { verify, waits, lines } = await start((socket) => {
      socket.end(Buffer.from(NOT_AUTHORISED));
    });
    await expect(verify()).rejects.toMatchObject({
      code: 'connection-failed',
      message: expect.stringContaining('CONNACK code 5: it does not authorise'),
    });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000, 8000]);
    expect(lines).toHaveLength(10);
  });

  test('is not retried if that can’t help', async () => {
    const { verify, waits } = await start((socket) => {
      socket.end(Buffer.of(0x20, 2, 1, 0));
    });
    await expect(verify()).rejects.toMatchObject({
      code: 'connection-failed',
      message: expect.stringContaining('the server at that address does not speak MQTT. Check'),
    });
    expect(waits).toEqual([]);
  });

  test('that is cut short reports why the one before it failed', async () => {
    const { verify, limit } = await start((socket, attempt) => {
      if (attempt === 0) socket.end(Buffer.from(NOT_AUTHORISED));
      else limit.end();
    });
    await expect(verify()).rejects.toMatchObject({
      message: expect.stringContaining('CONNACK code 5'),
    });
  });
});
