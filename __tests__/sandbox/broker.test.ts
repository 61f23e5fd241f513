import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { generate } from 'mqtt-packet';
import { test as base, describe, expect } from 'vitest';
import { Broker, type BrokerOptions } from '../../sandbox/broker/broker.ts';
import {
  type BrokerFault,
  namedBrokerFaults,
  parseBrokerFault,
} from '../../sandbox/broker/faults.ts';
import { type IssuedPair, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { type HubAgent, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { lacks, mosquittoPub, startMosquitto, startNginx } from '../action/brokers.ts';
import { waitFor } from '../action/sandbox.ts';

const ALPN = 'x-amzn-mqtt-ca';

/** What a broker of any kind is reached with. */
interface Reachable {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
}

/** A hub with one agent, and its brokers and clients; all end with the test. */
class Rig {
  readonly hub: InsightsHub;
  readonly agent: HubAgent;
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(hub: InsightsHub, agent: HubAgent) {
    this.hub = hub;
    this.agent = agent;
    this.onEnd(() => hub.stop());
  }

  static async start(): Promise<Rig> {
    const hub = await InsightsHub.start();
    return new Rig(hub, await hub.addAgent('a'));
  }

  async broker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
    const broker = await Broker.start({ hub: this.hub, ...options });
    this.onEnd(() => broker.stop());
    return broker;
  }

  /** Connects as the agent, with options over those that succeed. */
  async connect({ url, ca }: Reachable, options: IClientOptions = {}): Promise<MqttClient> {
    const { clientId, pair } = this.agent;
    const client = await connectAsync(
      url,
      {
        clientId,
        ca,
        cert: pair.certificate,
        key: pair.privateKey,
        reconnectPeriod: 0,
        connectTimeout: 20_000,
        ...options,
      },
      false,
    );
    client.on('error', () => {});
    this.onEnd(() => client.endAsync(true));
    return client;
  }

  /** How a connection that must fail does: the return code of MQTT, or the words. */
  async refusal(broker: Reachable, options: IClientOptions = {}): Promise<unknown> {
    const client = this.connect(broker, options);
    return client.then(
      () => 'accepted',
      ({ code, message }: { readonly code?: unknown; readonly message: string }) =>
        typeof code === 'number' ? code : `${code}: ${message}`,
    );
  }

  onEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

const test = base.extend<{ rig: Rig }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  rig: async ({}, use) => {
    const rig = await Rig.start();
    await use(rig);
    await rig.stop();
  },
});

const closeOf = (client: MqttClient) =>
  new Promise<void>((resolve) => {
    client.once('close', () => resolve());
  });
const certificateOf = ({ certificate, privateKey }: IssuedPair) => ({
  cert: certificate,
  key: privateKey,
});
const own = (agent: HubAgent, rest = 'mc_v3/ts') => `tc/mqtt1/${agent.clientId}/o/${rest}`;

describe.concurrent('the embedded broker', () => {
  test('accepts an agent, onboards it, and records what was negotiated', async ({ rig }) => {
    const broker = await rig.broker();
    expect(rig.agent.boarding).toBe('NOT_ONBOARDED');
    const client = await rig.connect(broker, { keepalive: 33, clean: false });
    expect(rig.agent.boarding).toBe('ONBOARDED');
    expect(rig.hub.assets.size).toBe(1);
    const fingerprint = rig.hub.certificatesOf('mqtt1_a')[0]?.fingerprint;
    expect(broker.connections).toEqual([
      {
        clientId: 'mqtt1_a',
        tls: 'TLSv1.3',
        alpn: undefined,
        servername: 'localhost',
        protocolVersion: 4,
        clean: false,
        keepalive: 33,
        username: undefined,
        fingerprint,
      },
    ]);
    expect(broker.disconnects).toEqual([]);
    await client.endAsync();
    await waitFor(() => broker.disconnects.length > 0);
    expect(broker.disconnects).toEqual(['mqtt1_a']);
    expect(broker.attempts).toBe(1);
  });

  test('accepts TLS 1.2, and nothing older', async ({ rig }) => {
    const broker = await rig.broker({ maxVersion: 'TLSv1.2' });
    await rig.connect(broker);
    expect(broker.connections).toMatchObject([{ tls: 'TLSv1.2' }]);
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' } as const;
    expect(await talk(rig, broker, old)).toMatchObject({ secured: false, silent: false });
    expect(broker.connections).toHaveLength(1);
  });

  test('accepts an agent whose certificate came from a create', async ({ rig }) => {
    const broker = await rig.broker();
    const answer = await fetch(`${rig.hub.origin}/api/mindconnectmqtt/v3/agentCertificates`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rig.hub.issueToken()}` },
      body: JSON.stringify({ name: 'b' }),
    });
    expect(answer.status).toBe(201);
    const { clientId, publicKey, privateKey } = (await answer.json()) as Record<string, string>;
    await rig.connect(broker, {
      ...{ clientId: `${clientId}`, cert: `${publicKey}`, key: `${privateKey}` },
    });
    expect(broker.connections).toMatchObject([{ clientId: 'mqtt1_b' }]);
  });

  test('rejects another client id with 2', async ({ rig }) => {
    const broker = await rig.broker();
    await rig.hub.addAgent('b');
    expect(await rig.refusal(broker, { clientId: 'mqtt1_b' })).toBe(2);
    expect(broker.connections).toMatchObject([{ clientId: 'mqtt1_b' }]);
    expect(rig.hub.assets.size).toBe(0);
  });

  test("rejects another agent's certificate with 2", async ({ rig }) => {
    const broker = await rig.broker();
    const other = await rig.hub.addAgent('b');
    expect(await rig.refusal(broker, certificateOf(other.pair))).toBe(2);
  });

  test('rejects a certificate that the hub did not issue with 5', async ({ rig }) => {
    const broker = await rig.broker();
    const pair = await rig.hub.authority.issue();
    expect(await rig.refusal(broker, certificateOf(pair))).toBe(5);
  });

  test('rejects a deleted agent with 5, even if it was created again', async ({ rig }) => {
    const broker = await rig.broker();
    rig.hub.agents.delete('mqtt1_a');
    expect(await rig.refusal(broker)).toBe(5);
    await rig.hub.addAgent('a');
    expect(await rig.refusal(broker)).toBe(5);
  });

  test('rejects a deleted certificate with 5, but no other one of the same agent', async ({
    rig,
  }) => {
    const broker = await rig.broker();
    const other = await rig.hub.addCertificate('mqtt1_a');
    const [first] = rig.hub.certificatesOf('mqtt1_a');
    rig.hub.certificates.delete(`${first?.id}`);
    expect(await rig.refusal(broker)).toBe(5);
    await rig.connect(broker, certificateOf(other.pair));
    expect(broker.connections).toMatchObject([{}, { fingerprint: other.fingerprint }]);
  });

  test('accepts every agent that shares a key pair', async ({ rig }) => {
    const broker = await rig.broker();
    await rig.hub.addAgent('b', 'mqtt1_b', rig.agent.pair);
    await rig.connect(broker);
    await rig.connect(broker, { clientId: 'mqtt1_b' });
    expect(await rig.refusal(broker, { clientId: 'mqtt1_c' })).toBe(2);
  });

  test('reports connections and messages when they arrive', async ({ rig }) => {
    const broker = await rig.broker({ faults: [{ fault: { kind: 'close' }, times: 1 }] });
    const told: unknown[] = [];
    broker.onConnect = ({ clientId }, code) => told.push([clientId, code]);
    broker.onMessage = ({ topic, payload }) => told.push([topic, payload]);
    await rig.refusal(broker);
    await rig.refusal(broker, { clientId: 'mqtt1_b' });
    const client = await rig.connect(broker);
    await client.publishAsync(own(rig.agent), 'hello', { qos: 1 });
    expect(told).toEqual([
      ['mqtt1_a', undefined],
      ['mqtt1_b', 2],
      ['mqtt1_a', 0],
      [own(rig.agent), 'hello'],
    ]);
  });

  test.for(['another CA', 'nobody'])('ends TLS for a certificate of %s', async (who, { rig }) => {
    const broker = await rig.broker();
    const stranger = await InsightsHub.start();
    rig.onEnd(() => stranger.stop());
    const { pair } = await stranger.addAgent('a');
    const certificate = who === 'nobody' ? { cert: '', key: '' } : certificateOf(pair);
    expect(await rig.refusal(broker, certificate)).not.toBe('accepted');
    expect(broker.connections).toEqual([]);
  });

  test('rejects MQTT 5 with 1', async ({ rig }) => {
    const broker = await rig.broker();
    expect(await rig.refusal(broker, { protocolVersion: 5 })).not.toBe('accepted');
    expect(broker.connections).toMatchObject([{ protocolVersion: 5 }]);
  });

  test('is trusted by its own CA only', async ({ rig }) => {
    const broker = await rig.broker();
    const other = await rig.broker();
    const foreign = { url: broker.url, port: broker.port, ca: other.ca };
    expect(await rig.refusal(foreign)).toMatch(/SELF_SIGNED|UNABLE_TO|SIGNATURE/);
  });

  test('closes the older connection of a client id', async ({ rig }) => {
    const broker = await rig.broker();
    const first = await rig.connect(broker);
    const closed = closeOf(first);
    const second = await rig.connect(broker);
    await closed;
    await second.publishAsync(own(rig.agent), 'x', { qos: 1 });
    expect(second.connected).toBe(true);
    expect(broker.connections).toHaveLength(2);
  });

  test('has the given names, on IPv6 too', async ({ rig }) => {
    const broker = await rig.broker({ host: '::1', names: ['::1'] });
    await rig.connect({ url: `mqtts://[::1]:${broker.port}`, port: 0, ca: broker.ca });
    expect(broker.connections).toMatchObject([{ clientId: 'mqtt1_a' }]);
  });

  test('leaves nothing open when it stops', async ({ rig }) => {
    const broker = await rig.broker();
    const { port } = broker;
    const client = await rig.connect(broker);
    const closed = closeOf(client);
    await broker.stop();
    await closed;
    expect(await endOf(connect(port, '127.0.0.1'))).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe.concurrent('with ALPN', () => {
  test('the embedded broker negotiates it', async ({ rig }) => {
    const broker = await rig.broker({ alpn: [ALPN] });
    await rig.connect(broker, { ALPNProtocols: [ALPN] });
    expect(broker.connections).toMatchObject([{ alpn: ALPN }]);
  });

  test('the embedded broker ends TLS for another protocol', async ({ rig }) => {
    const broker = await rig.broker({ alpn: [ALPN] });
    expect(await rig.refusal(broker, { ALPNProtocols: ['mqtt'] })).toMatch(
      /alert no application protocol/,
    );
  });

  test('the embedded broker is a web server for clients that offer none', async ({ rig }) => {
    const broker = await rig.broker({ alpn: [ALPN] });
    expect((await talk(rig, broker)).text).toMatch(/^HTTP\/1\.1 400 /);
    expect(broker.connections).toEqual([]);
  });

  test('a broker without it accepts any client', async ({ rig }) => {
    const broker = await rig.broker();
    await rig.connect(broker, { ALPNProtocols: [ALPN] });
    expect(broker.connections).toMatchObject([{ alpn: undefined }]);
  });
});

describe.concurrent('topics', () => {
  test('of the agent itself can be used', async ({ rig }) => {
    const broker = await rig.broker();
    const client = await rig.connect(broker);
    await client.publishAsync(own(rig.agent), 'text', { qos: 1 });
    await client.subscribeAsync('tc/mqtt1/mqtt1_a/i/amo_v3/ms', { qos: 1 });
    const expected = { clientId: 'mqtt1_a', topic: 'tc/mqtt1/mqtt1_a/o/mc_v3/ts' };
    expect(broker.messages).toEqual([{ ...expected, payload: 'text' }]);
    expect(broker.subscriptions).toEqual([
      { clientId: 'mqtt1_a', topic: 'tc/mqtt1/mqtt1_a/i/amo_v3/ms' },
    ]);
  });

  test.for([
    'tc/mqtt1/mqtt1_b/o/mc_v3/ts',
    'tc/mqtt1/mqtt1_a/i/mc_v3/ts',
    'tc/mqtt2/mqtt1_a/o/x',
    'x',
  ])('of other agents reject messages: %s', async (topic, { rig }) => {
    const broker = await rig.broker();
    const client = await rig.connect(broker);
    const closed = closeOf(client);
    client.publish(topic, 'text', { qos: 1 });
    await closed;
    expect(broker.messages).toEqual([]);
  });

  test.for(['tc/mqtt1/mqtt1_b/i/mc_v3/ts', 'tc/mqtt1/mqtt1_a/o/#', '#'])(
    'of others can’t be subscribed to: %s',
    async (topic, { rig }) => {
      const broker = await rig.broker();
      const client = await rig.connect(broker);
      const closed = closeOf(client);
      client.subscribe(topic);
      await closed;
      expect(broker.subscriptions).toEqual([]);
    },
  );
});

/** How a conversation ended, and what the broker had said until then. */
interface Ending {
  readonly text: string;
  /** nothing when the broker closed as one should */
  readonly code: string | undefined;
  readonly secured: boolean;
  /** whether the broker neither answered nor closed */
  readonly silent: boolean;
}

/** A broker that has what it needs, and does nothing for so long, stays silent; in milliseconds. */
const SILENCE = 500;

/** Waits for the end of a connection, or, once an answer is due, for silence. */
function endOf(socket: Socket | TLSSocket, isDue?: () => boolean): Promise<Ending> {
  return new Promise((resolve) => {
    let text = '';
    let code: string | undefined;
    let secured = false;
    const end = (silent: boolean) => resolve({ text, code, secured, silent });
    const giveUp = () => {
      end(true);
      socket.destroy();
    };
    if (isDue !== undefined) void waitFor(isDue).then(() => setTimeout(giveUp, SILENCE));
    socket
      .on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      })
      .on('secureConnect', () => {
        secured = true;
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        code = error.code;
      })
      .on('close', () => end(false));
  });
}

/** Sends a CONNECT as the agent in raw TLS. */
function talk(
  { agent }: Rig,
  broker: Reachable,
  options: ConnectionOptions = {},
  isDue?: () => boolean,
): Promise<Ending> {
  const { clientId, pair } = agent;
  const socket = connectTls({
    host: 'localhost',
    port: broker.port,
    ca: broker.ca,
    cert: pair.certificate,
    key: pair.privateKey,
    servername: 'localhost',
    ...options,
  });
  socket.once('secureConnect', () => socket.write(generate({ cmd: 'connect', clientId })));
  return endOf(socket, isDue);
}

const cleanly = { code: undefined, secured: true, silent: false };
const versions = ['TLSv1.2', 'TLSv1.3'] as const;

/** How each fault ends a conversation. */
const endings: Readonly<Record<string, Partial<Ending>>> = {
  'connack-1': { ...cleanly, text: '\x20\x02\x00\x01' },
  'connack-2': { ...cleanly, text: '\x20\x02\x00\x02' },
  'connack-3': { ...cleanly, text: '\x20\x02\x00\x03' },
  'connack-4': { ...cleanly, text: '\x20\x02\x00\x04' },
  'connack-5': { ...cleanly, text: '\x20\x02\x00\x05' },
  'silence-before-tls': { text: '', secured: false, silent: true },
  'reset-before-tls': { code: 'ECONNRESET', secured: false, silent: false },
  'foreign-authority': { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', secured: false },
  'expired-server': { code: 'CERT_HAS_EXPIRED', secured: false },
  'early-server': { code: 'CERT_NOT_YET_VALID', secured: false },
  'other-server': { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  alert: { text: '', silent: false },
  reset: { text: '', code: 'ECONNRESET', secured: true },
  silence: { text: '', secured: true, silent: true },
  close: { ...cleanly, text: '' },
  http: { ...cleanly, text: expect.stringMatching(/^HTTP\/1\.1 400 /) },
  garbage: { ...cleanly, text: '\xff'.repeat(64) },
};

/** Where a broker stays silent: what it has got when an answer would be due. */
const due: Readonly<Record<string, (broker: Broker) => boolean>> = {
  'silence-before-tls': ({ attempts }) => attempts > 0,
  silence: ({ connections }) => connections.length > 0,
};

describe.concurrent('a fault of the embedded broker', () => {
  for (const [name, { fault }] of Object.entries(namedBrokerFaults)) {
    test.for(versions)(`does what it says, once: ${name} (%s)`, async (maxVersion, { rig }) => {
      const broker = await rig.broker({ maxVersion, faults: [{ fault, times: 1 }] });
      expect(endings).toHaveProperty(name);
      const isDue = due[name] && (() => due[name]?.(broker) ?? false);
      expect(await talk(rig, broker, {}, isDue)).toMatchObject(endings[name] ?? {});
      expect(rig.hub.assets.size).toBe(0);
      await rig.connect(broker);
    });
  }

  test.for([
    ['TLSv1.2', undefined, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', false],
    ['TLSv1.3', undefined, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true],
    ['TLSv1.2', 46, 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', false],
    ['TLSv1.3', 42, 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', true],
  ] as const)('is an alert in %s (%s)', async ([maxVersion, alert, code, secured], { rig }) => {
    const fault: BrokerFault = { kind: 'alert', ...(alert && { alert }) };
    const broker = await rig.broker({ maxVersion, faults: [{ fault }] });
    expect(await talk(rig, broker)).toMatchObject({ code, secured, silent: false });
  });

  test('affects every connection without a number, until it is withdrawn', async ({ rig }) => {
    const broker = await rig.broker();
    broker.faults.push({ fault: { kind: 'connack', code: 3 } });
    for (let times = 0; times < 3; times += 1) expect(await rig.refusal(broker)).toBe(3);
    broker.faults.length = 0;
    await rig.connect(broker);
  });

  test('can be that a certificate is not known yet', async ({ rig }) => {
    const broker = await rig.broker();
    broker.acceptsAfter(2);
    expect([await rig.refusal(broker), await rig.refusal(broker)]).toEqual([5, 5]);
    expect(rig.agent.boarding).toBe('NOT_ONBOARDED');
    await rig.connect(broker);
    expect(broker.attempts).toBe(3);
  });

  test('can be given by its name', () => {
    expect(parseBrokerFault('broker:connack-5:2')).toEqual({
      fault: { kind: 'connack', code: 5 },
      times: 2,
    });
    expect(parseBrokerFault('broker:reset')).toEqual({ fault: { kind: 'reset' }, times: 1 });
    for (const wrong of ['reset', 'create:reset', 'broker:x', 'broker:reset:x', 'broker:reset:1:2'])
      expect(parseBrokerFault(wrong)).toBeUndefined();
  });
});

describe.concurrent('mosquitto_pub', () => {
  const publication = ({ agent }: Rig, { port, ca }: Reachable) => ({
    ...{ port, ca, pair: agent.pair, clientId: agent.clientId },
    ...{ topic: own(agent), message: 'text' },
  });

  test.skipIf(lacks('mosquitto_pub'))('reaches the embedded broker', async ({ rig }) => {
    const broker = await rig.broker({ alpn: [ALPN] });
    const agent = publication(rig, broker);
    expect(await mosquittoPub({ ...agent, alpn: ALPN })).toEqual({ exitCode: 0, output: '' });
    expect(broker.messages).toMatchObject([{ clientId: 'mqtt1_a', payload: 'text' }]);
    expect(broker.connections).toMatchObject([{ alpn: ALPN, servername: 'localhost' }]);
    const refused = await mosquittoPub({ ...agent, alpn: ALPN, clientId: 'mqtt1_b' });
    expect(refused.exitCode).not.toBe(0);
  });

  test.skipIf(lacks('mosquitto', 'mosquitto_pub'))('reaches Mosquitto', async ({ rig }) => {
    const broker = await startMosquitto({ clientCa: rig.hub.authority.certificate });
    rig.onEnd(broker.stop);
    expect(await mosquittoPub(publication(rig, broker))).toMatchObject({ exitCode: 0 });
    await waitFor(() => / as mqtt1_a \(/.test(broker.log()));
  });

  test.skipIf(lacks('mosquitto', 'mosquitto_pub', 'nginx'))(
    'reaches Mosquitto through nginx',
    async ({ rig }) => {
      const broker = await startNginx({ clientCa: rig.hub.authority.certificate });
      rig.onEnd(broker.stop);
      const agent = publication(rig, broker);
      expect(await mosquittoPub({ ...agent, alpn: ALPN })).toMatchObject({ exitCode: 0 });
      expect((await mosquittoPub(agent)).exitCode).not.toBe(0);
    },
  );
});

describe.concurrent('MQTT.js', () => {
  test.skipIf(lacks('mosquitto'))('reaches Mosquitto', async ({ rig }) => {
    const broker = await startMosquitto({ clientCa: rig.hub.authority.certificate });
    rig.onEnd(broker.stop);
    const client = await rig.connect(broker);
    await client.publishAsync(own(rig.agent), 'text', { qos: 1 });
    await waitFor(() => / as mqtt1_a \(/.test(broker.log()));
  });

  test.skipIf(lacks('mosquitto'))('is rejected by a Mosquitto with another CA', async ({ rig }) => {
    const { certificate: clientCa } = await ServerAuthority.create();
    const broker = await startMosquitto({ clientCa });
    rig.onEnd(broker.stop);
    expect(await rig.refusal(broker)).toMatch(/^ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: /);
  });

  test.skipIf(lacks('mosquitto', 'nginx'))('reaches Mosquitto through nginx', async ({ rig }) => {
    const broker = await startNginx({ clientCa: rig.hub.authority.certificate });
    rig.onEnd(broker.stop);
    const client = await rig.connect(broker, { ALPNProtocols: [ALPN] });
    await client.publishAsync(own(rig.agent), 'text', { qos: 1 });
    await waitFor(() => / as mqtt1_a \(/.test(broker.log()));
    expect(await rig.refusal(broker)).not.toBe('accepted');
    expect(await rig.refusal(broker, { ALPNProtocols: ['mqtt'] })).toMatch(
      /alert no application protocol/,
    );
  });
});
