import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect } from 'vitest';
import type { BrokerFault } from '../../sandbox/broker/faults.ts';
import { namedBrokerFaults } from '../../sandbox/broker/faults.ts';
import { CertificateAuthority, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { TestProxy } from '../proxy.ts';
import { lacks, startMosquitto, startNginx } from './brokers.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  waitFor,
  warningsOf,
} from './sandbox.ts';

const TOPIC = 'tc/mqtt1/mqtt1_device001/o/mc_v3/ts';

/** The key and certificate are where the outputs say, whatever happened to the connection. */
async function expectDelivered(sandbox: Sandbox, { outputs }: StepResult): Promise<void> {
  const { certificatePath = '', privateKeyPath = '' } = outputs;
  const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
  expect(await readFile(privateKeyPath, 'utf8')).toBe(pair?.privateKey);
  expect(await readFile(certificatePath, 'utf8')).toBe(pair?.certificate);
}

/** The names of brokers that only a proxy leads to: this machine is reached directly. */
const names = ['broker.test', 'localhost'];
const hostsOf = ({ port }: { readonly port: number }) =>
  Object.fromEntries([443, 8883].map((at) => [`broker.test:${at}`, `127.0.0.1:${port}`]));

const BEHIND = { 'broker-url': 'mqtts://broker.test:8883' };

/** Leads to a broker on another port, as only a proxy can. */
async function through(broker: { readonly port: number }) {
  const proxy = await TestProxy.start({ hosts: hostsOf(broker) });
  return { proxy, env: { HTTPS_PROXY: `http://user:p%40ss@${proxy.host}` } };
}

describe.concurrent('the new certificate is verified', () => {
  test('at the embedded broker, once and without publishing', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const result = await sandbox.main(inputs);
    expect(result.exitCode).toBe(0);
    const certificate = new X509Certificate(
      sandbox.hub.agents.get('mqtt1_device001')?.pair.certificate ?? '',
    );
    expect(broker.connections).toEqual([
      {
        clientId: 'mqtt1_device001',
        tls: 'TLSv1.3',
        alpn: undefined,
        servername: 'localhost',
        protocolVersion: 4,
        clean: true,
        keepalive: 60,
        username: undefined,
        fingerprint: certificate.fingerprint256,
      },
    ]);
    expect(broker.attempts).toBe(1);
    await waitFor(() => broker.disconnects.length > 0);
    expect(broker.disconnects).toEqual(['mqtt1_device001']);
    expect(broker.messages).toEqual([]);
    expect(result.log.join('\n')).toContain('connection accepted by the broker');
    expect(result.summary).toContain('was created and connected');
    expect(sandbox.hub.agents.get('mqtt1_device001')?.boarding).toBe('ONBOARDED');
  });

  test('with TLS 1.2, and with an encrypted key', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker({ maxVersion: 'TLSv1.2' });
    const result = await sandbox.main({ ...inputs, 'key-passphrase': 'correct horse' });
    expect(result.exitCode).toBe(0);
    expect(broker.connections).toMatchObject([{ tls: 'TLSv1.2' }]);
    expect(result.outputs).not.toHaveProperty('mqttxPath');
    const left = (await sandbox.files()).map((name) => path.basename(name));
    expect(left).toEqual([
      '.insights-hub',
      '.gitignore',
      'broker-ca.pem',
      'mqtt1_device001.key',
      'mqtt1_device001.pem',
    ]);
  });

  test('on port 443 with ALPN, through a proxy', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker({ alpn: ['x-amzn-mqtt-ca'], names });
    const { proxy, env } = await through(broker);
    const result = await sandbox.main(
      { ...inputs, 'broker-url': 'mqtts://broker.test:443' },
      { env },
    );
    await proxy.stop();
    expect(result.exitCode).toBe(0);
    const servername = 'broker.test';
    expect(broker.connections).toMatchObject([{ alpn: 'x-amzn-mqtt-ca', servername }]);
    expect(proxy.connects).toEqual(['broker.test:443']);
    const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(proxy.authorizations).toEqual([basic]);
    const connection = JSON.parse(await readFile(result.outputs['mqttxPath'] ?? '', 'utf8'));
    expect(connection).toMatchObject([{ port: 443, ALPNProtocols: 'x-amzn-mqtt-ca' }]);
  });

  test('through a proxy that speaks TLS itself', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker({ names });
    const root = await ServerAuthority.create();
    const tls = await root.issueServer({ names: ['127.0.0.1'] });
    const proxy = await TestProxy.start({ tls, hosts: hostsOf(broker) });
    const trust = path.join(sandbox.runner.temporary, 'proxy-ca.pem');
    await writeFile(trust, root.certificate);
    const env = { HTTPS_PROXY: `https://${proxy.host}`, NODE_EXTRA_CA_CERTS: trust };
    const result = await sandbox.main({ ...inputs, ...BEHIND }, { env });
    await proxy.stop();
    expect(errorOf(result)).toBe('');
    expect(proxy.connects).toHaveLength(1);
  });

  test('through a proxy that is busy at first', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker({ names });
    const proxy = await TestProxy.start({ hosts: hostsOf(broker), refuse: 503, times: 1 });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    expect((await sandbox.main({ ...inputs, ...BEHIND }, { env })).exitCode).toBe(0);
    await proxy.stop();
    expect(proxy.connects).toHaveLength(2);
  });

  test('directly, on this machine', async ({ start }) => {
    const sandbox = await start();
    const { inputs } = await sandbox.startBroker();
    const proxy = await TestProxy.start({ refuse: 403 });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    expect((await sandbox.main(inputs, { env })).exitCode).toBe(0);
    await proxy.stop();
    expect(proxy.connects).toEqual([]);
  });

  test('after some rejections, because a new certificate takes time', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    broker.acceptsAfter(1);
    broker.faults.push({ fault: { kind: 'alert' }, times: 1 });
    const result = await sandbox.main(inputs);
    expect(result.exitCode).toBe(0);
    expect(broker.attempts).toBe(3);
  });

  test('without a line on standard error, whatever DEBUG contains', async ({ start }) => {
    const sandbox = await start();
    const { inputs } = await sandbox.startBroker();
    const result = await sandbox.main(inputs, { env: { DEBUG: '*' } });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe('');
  });

  test('and each attempt is logged with debug logging', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    broker.acceptsAfter(1);
    const result = await sandbox.main(inputs, { debug: true });
    const told = result.log.filter((line) => line.includes('MQTT mqtts://'));
    expect(told.map((line) => line.replace(/localhost:\d+/, 'HOST'))).toEqual([
      expect.stringMatching(
        /HOST: the broker answered with CONNACK code 5: .*, attempt 1, \d+ ms$/,
      ),
      expect.stringMatching(/HOST: connected, attempt 2, \d+ ms$/),
    ]);
  });

  test('for each agent of a list', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    expect((await sandbox.main({ ...inputs, name: 'a\nb' })).exitCode).toBe(0);
    const clientIds = broker.connections.map(({ clientId }) => clientId);
    expect(clientIds.sort()).toEqual(['mqtt1_a', 'mqtt1_b']);
  });

  test('when only secrets were pushed', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const { broker, inputs } = await sandbox.startBroker();
    const places = { destination: 'repository', 'github-token': github.issueToken() };
    const result = await sandbox.main({ ...inputs, ...places });
    expect(result.exitCode).toBe(0);
    expect(broker.connections).toHaveLength(1);
    expect(await sandbox.files()).toEqual([]);
    expect(result.summary).toContain('Connect to <code>mqtts://localhost:');
    expect(result.summary).not.toMatch(/mosquitto_pub|MQTTX/);
  });

  test.skipIf(lacks('mosquitto'))('at Mosquitto, which negotiates no ALPN', async ({ start }) => {
    const sandbox = await start();
    const mosquitto = await startMosquitto({ clientCa: sandbox.hub.authority.certificate, names });
    try {
      const inputs = await sandbox.connectTo(mosquitto);
      expect((await sandbox.main(inputs)).exitCode).toBe(0);
      await waitFor(() => mosquitto.log().includes('mqtt1_device001'));
      // Its listener ignores ALPN.
      const { proxy, env } = await through(mosquitto);
      const other = { ...inputs, name: 'b', 'broker-url': 'mqtts://broker.test:443' };
      expect((await sandbox.main(other, { env })).exitCode).toBe(0);
      await proxy.stop();
    } finally {
      await mosquitto.stop();
    }
  });

  test.skipIf(lacks('mosquitto', 'nginx'))(
    'at Mosquitto behind nginx, which negotiates ALPN',
    async ({ start }) => {
      const sandbox = await start();
      const nginx = await startNginx({ clientCa: sandbox.hub.authority.certificate, names });
      const { proxy, env } = await through(nginx);
      try {
        const inputs = await sandbox.connectTo({ ...nginx, url: 'mqtts://broker.test:443' });
        expect((await sandbox.main(inputs, { env })).exitCode).toBe(0);
      } finally {
        await proxy.stop();
        await nginx.stop();
      }
    },
  );
});

interface Row {
  readonly fault: BrokerFault;
  readonly says: RegExp;
  /** whether it is retried */
  readonly again: boolean;
}

const named = (name: string): BrokerFault =>
  namedBrokerFaults[name]?.fault ?? { kind: 'silence-before-tls' };

const faults: Readonly<Record<string, Row>> = {
  'a broker certificate of another CA': {
    fault: named('foreign-authority'),
    says: /the broker's certificate is not trusted, .* \(.*\)\. .*`broker-ca-file`/,
    again: false,
  },
  'an expired broker certificate': {
    fault: named('expired-server'),
    says: /the broker's certificate has expired \(CERT_HAS_EXPIRED\)\. Check the runner's clock/,
    again: false,
  },
  'a broker certificate that is not valid yet': {
    fault: named('early-server'),
    says: /the broker's certificate is not valid yet \(CERT_NOT_YET_VALID\)\. Check the runner's c/,
    again: false,
  },
  'a broker certificate for another host': {
    fault: named('other-server'),
    says: /the broker's certificate is for another host \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    again: false,
  },
  'a certificate that TLS rejects': {
    fault: named('alert'),
    says: /the broker rejected the agent's certificate \(/,
    again: true,
  },
  'CONNACK 1': {
    fault: named('connack-1'),
    says: /code 1: it does not support MQTT 3/,
    again: false,
  },
  'CONNACK 2': { fault: named('connack-2'), says: /code 2: it rejects the client id/, again: true },
  'CONNACK 3': {
    fault: named('connack-3'),
    says: /code 3: it says that MQTT is unavailable/,
    again: true,
  },
  'CONNACK 4': { fault: named('connack-4'), says: /code 4: it rejects the user name/, again: true },
  'CONNACK 5': { fault: named('connack-5'), says: /code 5: it does not authorise/, again: true },
  'silence before TLS': {
    fault: named('silence-before-tls'),
    says: /no TLS connection was established before the time limit/,
    again: false,
  },
  'silence after CONNECT': {
    fault: named('silence'),
    says: /no CONNACK arrived before the time limit/,
    again: false,
  },
  'a reset before TLS': {
    fault: named('reset-before-tls'),
    says: /the broker (reset|closed) the connection/,
    again: true,
  },
  'a reset after TLS': {
    fault: named('reset'),
    says: /the broker (reset|closed) the connection/,
    again: true,
  },
  'a close without an answer': {
    fault: named('close'),
    says: /the broker closed the connection before it answered CONNECT/,
    again: true,
  },
  'a web server': { fault: named('http'), says: /does not speak MQTT/, again: false },
  'an answer that is not a packet': {
    fault: named('garbage'),
    says: /does not speak MQTT/,
    again: false,
  },
};

describe.concurrent('connection-failed, and everything is kept, when there is', () => {
  test.for(Object.entries(faults))('%s', async ([, { fault, says, again }], { start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { broker, inputs } = await sandbox.startBroker({ faults: [{ fault }] });
    const started = performance.now();
    const result = await sandbox.main({ ...inputs, timeout: '5' });
    expect(performance.now() - started).toBeLessThan(45_000);
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe('connection-failed');
    expect(errorOf(result)).toMatch(
      /client id mqtt1_device001 could not connect to mqtts:\/\/localhost:\d+: .*\. [A-Z].*\.$/,
    );
    expect(errorOf(result)).toMatch(says);
    expect(broker.attempts > 1).toBe(again);
    await expectDelivered(sandbox, result);
    expect(agentsOf(result)).toMatchObject([
      { clientId: 'mqtt1_device001', code: 'connection-failed' },
    ]);
  });

  test('a client certificate of another CA', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const other = await CertificateAuthority.create();
    const pair = await other.issue();
    const change = (answer: object) => ({
      ...answer,
      privateKey: pair.privateKey,
      publicKey: pair.certificate,
    });
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'change', change } });
    const { inputs } = await sandbox.startBroker();
    const result = await sandbox.main({ ...inputs, timeout: '5' });
    expect(codeOf(result)).toBe('connection-failed');
    expect(errorOf(result)).toMatch(
      /the broker (rejected the agent's certificate|reset the connection|closed the connection)/,
    );
  });

  test('a client id other than that of the certificate', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(2) });
    await sandbox.hub.addAgent('other');
    const change = (answer: object) => ({ ...answer, clientId: 'mqtt1_other' });
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'change', change } });
    const { inputs } = await sandbox.startBroker();
    const result = await sandbox.main({ ...inputs, timeout: '5' });
    expect(codeOf(result)).toBe('connection-failed');
    expect(errorOf(result)).toMatch(/CONNACK code [25]/);
  });

  test('a key that TLS can’t use, also behind a proxy', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker({ names });
    const proxy = await TestProxy.start({ hosts: hostsOf(broker) });
    const weak = preload(`import tls from 'node:tls';
      import { syncBuiltinESMExports } from 'node:module';
      const { createSecureContext } = tls;
      tls.createSecureContext = (options) => {
        if (options?.cert) throw Object.assign(new Error('x'), { code: 'ERR_SSL_EE_KEY_TOO_SMALL' });
        return createSecureContext(options);
      };
      syncBuiltinESMExports();`);
    const env = { ...weak.env, HTTPS_PROXY: `http://${proxy.host}` };
    const result = await sandbox.main({ ...inputs, ...BEHIND }, { env });
    await proxy.stop();
    expect(errorOf(result)).toMatch(
      /the agent's private key and certificate can't be used for TLS \(ERR_SSL_EE_KEY_TOO_SMALL\)/,
    );
    await expectDelivered(sandbox, result);
  });

  test('no server at the port', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { broker, inputs } = await sandbox.startBroker();
    await broker.stop();
    const result = await sandbox.main({ ...inputs, timeout: '5' });
    expect(errorOf(result)).toMatch(/the broker refused the connection \(ECONNREFUSED\)/);
  });

  test.for([
    ['refuses', { refuse: 403 }, /HTTPS_PROXY answered with status 403.*port 443/, 1],
    [
      'requires credentials',
      { refuse: 407 },
      /HTTPS_PROXY answered with status 407\. It requires credentials: check the user name/,
      1,
    ],
    ['never answers', { silent: true }, /no tunnel through the proxy was established before/, 1],
  ] as const)('a proxy that %s', async ([, options, says, asked], { start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { broker, inputs } = await sandbox.startBroker();
    const proxy = await TestProxy.start(options);
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    const result = await sandbox.main({ ...inputs, ...BEHIND, timeout: '5' }, { env });
    await proxy.stop();
    expect(codeOf(result)).toBe('connection-failed');
    expect(errorOf(result)).toMatch(says);
    expect(proxy.connects).toHaveLength(asked);
    expect(broker.attempts).toBe(0);
    await expectDelivered(sandbox, result);
  });

  test('a proxy that can’t be reached', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { inputs } = await sandbox.startBroker();
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1' };
    const result = await sandbox.main({ ...inputs, ...BEHIND, timeout: '5' }, { env });
    expect(errorOf(result)).toMatch(/the proxy in HTTPS_PROXY can't be reached/);
  });

  test('no trust in the broker without its CA', async ({ start }) => {
    const sandbox = await start();
    const { inputs } = await sandbox.startBroker();
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const result = await sandbox.main({ ...inputs, 'broker-ca-file': '' }, { env });
    expect(codeOf(result)).toBe('connection-failed');
    expect(errorOf(result)).toMatch(/is not trusted/);
  });

  test('one of several, and the others are not affected', async ({ start }) => {
    const sandbox = await start();
    const fault = { kind: 'connack', code: 1 } as const;
    const { inputs } = await sandbox.startBroker({ faults: [{ fault, times: 1 }] });
    const result = await sandbox.main({ ...inputs, name: 'a\nb', concurrency: '1' });
    expect(errorOf(result)).toMatch(/^\[connection-failed\] 1 of 2 agents failed\. a: /);
    expect(agentsOf(result)[1]).not.toHaveProperty('code');
  });
});

describe.skipIf(process.platform === 'win32').concurrent('a job that is cancelled', () => {
  test.for([
    ['while the broker says nothing', { kind: 'silence' }, 'cancelled'],
    ['while it waits after a rejection', { kind: 'connack', code: 5 }, 'cancelled'],
  ] as const)('%s', async ([, fault, code], { start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker({ faults: [{ fault }] });
    let send: (signal: NodeJS.Signals) => void = () => {};
    const onStart = (kill: typeof send) => {
      send = kill;
    };
    const running = sandbox.main({ ...inputs, ephemeral: 'true' }, { onStart });
    await waitFor(() => broker.connections.length > 0);
    send('SIGINT');
    const sent = performance.now();
    const result = await running;
    expect(performance.now() - sent).toBeLessThan(40_000);
    expect(codeOf(result)).toBe(code);
    expect(errorOf(result)).toMatch(
      /\[connection-failed\] The certificate was issued and delivered/,
    );
    await expectDelivered(sandbox, result);
    await sandbox.post(result);
    expect(sandbox.hub.agents.size).toBe(0);
    expect(sandbox.hub.assets.size).toBe(0);
  });
});

describe.concurrent('the connection file', () => {
  test('can be read by everybody, without the key, beside a copy of the CA', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const { outputs } = await sandbox.main(inputs);
    const file = outputs['mqttxPath'] ?? '';
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain('PRIVATE KEY');
    expect((await stat(file)).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o644);
    const [connection] = JSON.parse(text);
    expect(connection).toMatchObject({
      clientId: 'mqtt1_device001',
      host: 'localhost',
      port: broker.port,
      ca: path.join(path.dirname(file), 'broker-ca.pem'),
      cert: outputs['certificatePath'],
      key: outputs['privateKeyPath'],
    });
    expect(await readFile(connection.ca, 'utf8')).toBe(broker.ca);
  });

  test('gets only certificates from the file with the CA', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const { privateKey } = await (await CertificateAuthority.create()).issue();
    await writeFile(inputs['broker-ca-file'] ?? '', `${privateKey}\n${broker.ca}`);
    const result = await sandbox.main(inputs);
    expect(result.exitCode).toBe(0);
    expect(await sandbox.read('.insights-hub', 'broker-ca.pem')).toBe(broker.ca);
  });

  test('names the trusted CAs when none is given', async ({ start }) => {
    const sandbox = await start();
    const { inputs } = await sandbox.startBroker();
    const extra = inputs['broker-ca-file'] ?? '';
    const result = await sandbox.main({}, { env: { NODE_EXTRA_CA_CERTS: extra } });
    expect(result.exitCode).toBe(0);
    const trusted = await sandbox.read('.insights-hub', 'broker-ca.pem');
    const blocks =
      trusted.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    expect(blocks.length).toBeGreaterThan(100);
    expect(new Set(blocks).size).toBe(blocks.length);
    expect(trusted).toContain((await readFile(extra, 'utf8')).trim());
  });

  test('connects MQTT.js, on which MQTTX is built, with its values alone', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const { outputs } = await sandbox.main(inputs);
    const [c] = JSON.parse(await readFile(outputs['mqttxPath'] ?? '', 'utf8'));
    // As MQTTX converts a connection to options.
    const client = await connectAsync(`${c.protocol}://${c.host}:${c.port}`, {
      clientId: c.clientId,
      keepalive: c.keepalive,
      clean: c.clean,
      reconnectPeriod: c.reconnect ? 4000 : 0,
      protocolVersion: c.mqttVersion === '5.0' ? 5 : 4,
      connectTimeout: c.connectTimeout * 1000,
      rejectUnauthorized: c.rejectUnauthorized,
      ca: [await readFile(c.ca)],
      cert: await readFile(c.cert),
      key: await readFile(c.key),
    });
    await client.publishAsync(TOPIC, 'hello', { qos: 1 });
    await client.endAsync();
    expect(broker.messages).toEqual([
      { clientId: 'mqtt1_device001', topic: TOPIC, payload: 'hello' },
    ]);
  });

  test('is written with one CA file, which is deleted with the last of them', async ({ start }) => {
    const sandbox = await start();
    const first = await sandbox.main();
    const second = await sandbox.main({ name: 'b' });
    const cas = (await sandbox.files()).filter((name) => /broker-ca/.test(name));
    expect(cas.map((name) => path.basename(name))).toEqual(['broker-ca.pem']);
    await sandbox.post(first);
    expect((await sandbox.files()).some((name) => /broker-ca/.test(name))).toBe(true);
    await sandbox.post(second);
    // The directory belongs to the first step.
    expect((await sandbox.files()).some((name) => /broker-ca/.test(name))).toBe(true);
    await sandbox.post(first);
  });

  test('does not use another file for its CAs', async ({ start }) => {
    const sandbox = await start();
    const { inputs } = await sandbox.startBroker();
    const { workspace } = sandbox.runner;
    await writeFile(path.join(workspace, 'broker-ca.pem'), 'theirs');
    const result = await sandbox.main({ ...inputs, 'output-directory': '.' });
    const [connection] = JSON.parse(await readFile(result.outputs['mqttxPath'] ?? '', 'utf8'));
    expect(path.basename(connection.ca)).toMatch(/^broker-ca-[0-9a-f-]{36}\.pem$/);
    expect(await sandbox.read('broker-ca.pem')).toBe('theirs');
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual(['broker-ca.pem']);
  });

  test('leaves the key in place if it can’t be written', async ({ start }) => {
    const sandbox = await start();
    const broken = preload(`import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { linkSync } = fs;
      fs.linkSync = (from, to) => {
        if (to.endsWith('.mqttx.json')) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        linkSync(from, to);
      };
      syncBuiltinESMExports();`);
    const result = await sandbox.main({}, broken);
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(
      /The connection file could not be written to .* \(ENOSPC\)\. The private key is in .*\.key and is not deleted/,
    );
    await sandbox.post(result);
    await expectDelivered(sandbox, result);
  });
});

describe.concurrent('how to connect', () => {
  test.skipIf(lacks('mosquitto_pub'))(
    'has a line that publishes when it is pasted',
    async ({ start }) => {
      const sandbox = await start();
      const { broker, inputs } = await sandbox.startBroker();
      const result = await sandbox.main(inputs);
      const lines = [
        result.log.find((line) => line.includes('mosquitto_pub'))?.replace(/^.*?: /, '') ?? '',
        /```sh\n(.*)\n```/.exec(result.summary)?.[1] ?? '',
      ];
      for (const line of lines) {
        const child = spawn('sh', ['-c', line], { stdio: 'ignore', timeout: 20_000 });
        expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
      }
      await waitFor(() => broker.messages.length === 2);
      for (const { topic, payload } of broker.messages) {
        expect(topic).toBe(TOPIC);
        // As in Siemens' sample, whose asset model maps this data point.
        const values = [{ dataPointId: 'temperature', value: '21.5', qualityCode: '0' }];
        expect(JSON.parse(payload)).toMatchObject({ timeseries: [{ values }] });
      }
      expect(result.summary).toMatch(
        /stores the data of a message only if there is an asset model and a mapping .*<code>temperature</,
      );
    },
  );

  test.skipIf(lacks('mosquitto_pub', 'mosquitto', 'nginx'))(
    'has such a line on port 443 as well',
    async ({ start }) => {
      const sandbox = await start();
      const { broker, inputs } = await sandbox.startBroker({ alpn: ['x-amzn-mqtt-ca'], names });
      const { proxy, env } = await through(broker);
      const other = { ...inputs, 'broker-url': 'mqtts://broker.test:443' };
      const result = await sandbox.main(other, { env });
      await proxy.stop();
      const line = /```sh\n(.*)\n```/.exec(result.summary)?.[1] ?? '';
      expect(line).toContain(' --tls-alpn x-amzn-mqtt-ca ');
      // The same line for the actual host and port of the broker.
      const here = line
        .replace('broker.test', 'localhost')
        .replace(' -p 443 ', ` -p ${broker.port} `);
      const child = spawn('sh', ['-c', here], { stdio: 'ignore', timeout: 20_000 });
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
      await waitFor(() => broker.messages.length === 1);
    },
  );
});

describe.concurrent('without `verify-connection`', () => {
  test('no MQTT code is loaded and no connection is opened', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const spy = preload(`import { registerHooks } from 'node:module';
      import { appendFileSync } from 'node:fs';
      registerHooks({ load(url, context, next) {
        const loaded = next(url, context);
        const text = String(loaded.source ?? '');
        if (/no CONNACK arrived/.test(text)) console.log('loaded MQTT');
        return loaded;
      } });`);
    const silent = await sandbox.main({ ...inputs, 'verify-connection': '' }, spy);
    expect(silent.exitCode).toBe(0);
    expect(silent.stdout).not.toContain('loaded MQTT');
    expect(broker.attempts).toBe(0);
    // The spy sees it when it is loaded.
    const loud = await sandbox.main({ ...inputs, name: 'b' }, spy);
    expect(loud.stdout).toContain('loaded MQTT');
  });

  test('a dry run opens no connection either', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const result = await sandbox.main({ ...inputs, 'dry-run': 'true' });
    expect(result.exitCode).toBe(0);
    expect(broker.attempts).toBe(0);
    expect(await sandbox.files()).toEqual([]);
  });
});

describe.concurrent('invalid inputs for the connection', () => {
  const cases: Readonly<Record<string, [Record<string, string>, RegExp]>> = {
    'plain MQTT': [{ 'broker-url': 'mqtt://localhost:1883' }, /`broker-url` must begin with mqtts/],
    'another scheme': [{ 'broker-url': 'https://b.invalid' }, /`broker-url` must begin with mqtts/],
    'no URL': [{ 'broker-url': 'broker' }, /`broker-url` is not a URL: "broker"/],
    'a user name': [{ 'broker-url': 'mqtts://a@b.invalid' }, /must not contain a user name/],
    'a path': [{ 'broker-url': 'mqtts://b.invalid/x' }, /`broker-url` must not contain a path/],
    'no host': [
      { 'broker-url': 'mqtts://:8883' },
      /`broker-url` (contains no valid host|is not a URL)/,
    ],
    'an odd host': [
      { 'broker-url': 'mqtts://a%0ab:8883' },
      /`broker-url` (contains no valid host|is not)/,
    ],
    'an invalid address': [{ 'broker-url': 'mqtts://10.0.0.256:8883' }, /contains no valid host/],
    'an unknown placeholder': [
      { 'broker-url': 'mqtts://{api}.invalid' },
      /`broker-url` contains "\{api\}"\. Its only placeholders are \{tenant\}, \{region\}\./,
    ],
    'a CA file that does not exist': [{ 'broker-ca-file': 'no.pem' }, /"no\.pem" does not exist/],
    'a CA file that is a directory': [{ 'broker-ca-file': '.' }, /"\." is not a file/],
    'a CA file without a certificate': [
      { 'broker-ca-file': import.meta.filename },
      /`broker-ca-file` ".*" contains no PEM certificate/,
    ],
    'an invalid flag': [{ 'verify-connection': 'yes' }, /`verify-connection` must be true or/],
  };
  test.for(Object.entries(cases))('%s', async ([, [inputs, says]], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main(inputs);
    expect(codeOf(result)).toBe('input-invalid');
    expect(errorOf(result)).toMatch(says);
    expect(sandbox.hub.requests).toEqual([]);
    expect(warningsOf(result)).toEqual([]);
  });
});
