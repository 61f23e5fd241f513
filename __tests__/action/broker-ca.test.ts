import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, onTestFinished } from 'vitest';
import type { Broker } from '../../sandbox/broker/broker.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { crossSigned } from '../mqtt/chains.ts';
import { hasOpenssl, openssl } from '../openssl.ts';
import { lacks, startMosquitto } from './brokers.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  waitFor,
} from './sandbox.ts';

const ONE = /\b1 CA, the one that verifies (<code>)?mqtts:\/\/localhost:\d+/;
const ALL = /\ball \d{3} trusted CAs\b/;
const UNPROVED =
  /The CA file contains all \d{3} trusted CAs\. It could not be proved which of them is enough for mqtts:/;

/** Inputs and options that make a broker's CA one of the trusted ones, without giving it. */
const trusting = (inputs: Readonly<Record<string, string>>) => ({
  inputs: { ...inputs, 'broker-ca-file': '' },
  options: { env: { NODE_EXTRA_CA_CERTS: inputs['broker-ca-file'] ?? '' } },
});

/** A sandbox with a broker that is trusted. */
async function withBroker(sandbox: Sandbox) {
  const { broker, inputs } = await sandbox.startBroker();
  return { broker, ...trusting(inputs) };
}

const certificatesIn = async (file = '') =>
  (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----/g) ?? [];

/** The certificate that a broker sends, whoever issued it. */
function certificateOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', reject).on('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    });
  });
}

/** The file has one CA, and OpenSSL accepts the broker by that alone. */
async function expectOne({ runner }: Sandbox, file: string | undefined, port: number) {
  expect(await certificatesIn(file)).toHaveLength(1);
  const server = path.join(runner.temporary, 'server.pem');
  await writeFile(server, await certificateOf(port));
  const trust = ['-no-CApath', '-no-CAstore', '-CAfile', file ?? ''];
  expect(openssl('verify', ...trust, '-verify_hostname', 'localhost', server)).toMatch(/: OK\n$/);
}

async function expectAll(file: string | undefined) {
  expect((await certificatesIn(file)).length).toBeGreaterThan(100);
}

const toldOf = ({ log }: StepResult) => log.join('\n');

/** Breaks the second connection, which would prove the CA, before TLS. */
function breakProof(broker: Broker) {
  let connections = 0;
  broker.onConnect = () => {
    connections += 1;
    const fault = { kind: 'reset-before-tls' } as const;
    if (connections === 1) broker.faults.push({ fault, times: 1 });
  };
}

/** Code that makes creating files with this ending fail. */
const noRoomFor = (ending: string) =>
  preload(`import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { linkSync } = fs;
    fs.linkSync = (from, to) => {
      if (to.endsWith(${JSON.stringify(ending)})) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      linkSync(from, to);
    };
    syncBuiltinESMExports();`);

describe.skipIf(!hasOpenssl && !process.env['CI']).concurrent('one CA is written', () => {
  test('that verified the embedded broker, and the log says so', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs, options } = await withBroker(sandbox);
    const result = await sandbox.main(inputs, options);
    expect(result.exitCode).toBe(0);
    const { brokerCaPath, mqttxPath = '' } = result.outputs;
    await expectOne(sandbox, brokerCaPath, broker.port);
    expect(brokerCaPath).toBe(path.join(sandbox.runner.workspace, '.insights-hub/broker-ca.pem'));
    expect(JSON.parse(await readFile(mqttxPath, 'utf8'))).toMatchObject([{ ca: brokerCaPath }]);
    expect(agentsOf(result)).toMatchObject([{ brokerCaPath, mqttxPath }]);
    expect(toldOf(result)).toMatch(new RegExp(`CA file in ${brokerCaPath} \\(${ONE.source}`));
    expect(result.summary).toMatch(new RegExp(`\\*\\*CA file\\*\\*: .*${ONE.source}`));
    expect(result.summary).toContain(`--cafile ${brokerCaPath}`);
    // The proof is not a second MQTT connection.
    expect(broker.connections).toHaveLength(1);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
  });

  test.skipIf(lacks('mosquitto'))('that verified Mosquitto', async ({ start }) => {
    const sandbox = await start();
    const mosquitto = await startMosquitto({ clientCa: sandbox.hub.authority.certificate });
    try {
      const { inputs, options } = trusting(await sandbox.connectTo(mosquitto));
      const result = await sandbox.main(inputs, options);
      expect(result.exitCode).toBe(0);
      await expectOne(sandbox, result.outputs['brokerCaPath'], mosquitto.port);
      expect(toldOf(result)).toMatch(ONE);
    } finally {
      await mosquitto.stop();
    }
  });

  test('even beside an encrypted key, without a connection file', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs, options } = await withBroker(sandbox);
    const secret = { 'key-passphrase': 'correct horse' };
    const result = await sandbox.main({ ...inputs, ...secret }, options);
    await expectOne(sandbox, result.outputs['brokerCaPath'], broker.port);
    expect(result.outputs).not.toHaveProperty('mqttxPath');
    const told = result.log.find((line) => line.includes('mosquitto_pub'));
    expect(told).toContain(`--cafile ${result.outputs['brokerCaPath']}`);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
  });

  test('after key and certificate, which are written before the broker is asked', async ({
    start,
  }) => {
    const sandbox = await start();
    const { broker, inputs, options } = await withBroker(sandbox);
    const there: boolean[] = [];
    const inDirectory = (name: string) =>
      existsSync(path.join(sandbox.runner.workspace, '.insights-hub', name));
    broker.onConnect = () => {
      const names = ['mqtt1_device001.key', 'mqtt1_device001.pem', 'broker-ca.pem'];
      there.push(...names.map(inDirectory));
    };
    expect((await sandbox.main(inputs, options)).exitCode).toBe(0);
    expect(there).toEqual([true, true, false]);
  });

  test('for all agents of a list, including one that was rejected before', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(3) });
    const { broker, inputs, options } = await withBroker(sandbox);
    broker.faults.push({ fault: { kind: 'connack', code: 1 }, times: 1 });
    const list = { ...inputs, name: 'a\nb\nc', concurrency: '1' };
    const result = await sandbox.main(list, options);
    expect(codeOf(result)).toBe('connection-failed');
    const agents = agentsOf(result);
    expect(agents.map(({ code }) => code)).toEqual(['connection-failed', undefined, undefined]);
    const [brokerCaPath, ...others] = new Set(agents.map((agent) => agent['brokerCaPath']));
    expect(others).toEqual([]);
    await expectOne(sandbox, brokerCaPath, broker.port);
    for (const { mqttxPath = '' } of agents) {
      expect(JSON.parse(await readFile(mqttxPath, 'utf8'))).toMatchObject([{ ca: brokerCaPath }]);
    }
    // Three connections, accepted or rejected, and one proof for all of them.
    await waitFor(() => broker.disconnects.length === 2);
    expect(result.log.filter((line) => ONE.test(line))).toHaveLength(3);
    expect(result.summary).toMatch(new RegExp(`\nCA file: .*broker-ca\\.pem.* \\(${ONE.source}`));
  });

  test('for an agent whose own proof was interrupted, when that of another succeeds', async ({
    start,
  }) => {
    const sandbox = await start({ pairs: await readyPairs(2) });
    const { broker, inputs, options } = await withBroker(sandbox);
    breakProof(broker);
    const list = { ...inputs, name: 'a\nb', concurrency: '1' };
    const result = await sandbox.main(list, options);
    expect(errorOf(result)).toBe('');
    for (const { brokerCaPath, mqttxPath } of agentsOf(result)) {
      await expectOne(sandbox, brokerCaPath, broker.port);
      expect(mqttxPath).toBeDefined();
    }
    expect(result.log.filter((line) => line.startsWith('Created agent '))).toHaveLength(2);
    expect(toldOf(result)).not.toMatch(UNPROVED);
  });
});

describe.concurrent('all trusted CAs are written', () => {
  test('when the proof is interrupted, and the log says why', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs, options } = await withBroker(sandbox);
    breakProof(broker);
    const result = await sandbox.main(inputs, options);
    expect(result.exitCode).toBe(0);
    await expectAll(result.outputs['brokerCaPath']);
    expect(result.outputs).toHaveProperty('mqttxPath');
    const told = result.log.filter((line) => UNPROVED.test(line));
    expect(told).toEqual([
      expect.stringMatching(
        /could not be proved which of them is enough for \S+: .* the broker (reset|closed) the con/,
      ),
    ]);
    expect(toldOf(result)).toMatch(new RegExp(`CA file in .* \\(${ALL.source}\\)`));
    expect(result.summary).toMatch(new RegExp(`\\*\\*CA file\\*\\*: .* \\(${ALL.source}\\)`));
  });

  test.skipIf(!hasOpenssl && !process.env['CI'])(
    'when the chain can’t be followed to a root, and the log says so',
    async ({ start }) => {
      const sandbox = await start();
      const chains = crossSigned();
      onTestFinished(() => chains.remove());
      // The broker does not send the CA in between, which is trusted as well as the root.
      const server = createServer(
        {
          ...{ key: chains.key('server'), cert: chains.pem('server'), requestCert: true },
          ca: sandbox.hub.authority.certificate,
        },
        (socket) => {
          socket.on('error', () => {});
          socket.once('data', () => socket.write(Buffer.of(0x20, 2, 0, 0)));
        },
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const ca = chains.pems(['issuing', 'near']).join('');
      const given = await sandbox.connectTo({ url: `mqtts://localhost:${port}`, ca });
      const { inputs, options } = trusting(given);
      const result = await sandbox.main(inputs, options);
      expect(errorOf(result)).toBe('');
      await expectAll(result.outputs['brokerCaPath']);
      expect(result.log.filter((line) => UNPROVED.test(line))).toEqual([
        expect.stringContaining(
          'none of the trusted CAs that signed a certificate that the broker sent (1) was enough',
        ),
      ]);
    },
  );

  test('when all agents are rejected', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs(2) });
    const { broker, inputs, options } = await withBroker(sandbox);
    broker.faults.push({ fault: { kind: 'connack', code: 1 } });
    const result = await sandbox.main({ ...inputs, name: 'a\nb' }, options);
    expect(errorOf(result)).toMatch(/^\[connection-failed\] 2 of 2 agents failed\./);
    for (const { brokerCaPath, mqttxPath = '' } of agentsOf(result)) {
      await expectAll(brokerCaPath);
      expect(JSON.parse(await readFile(mqttxPath, 'utf8'))).toMatchObject([{ ca: brokerCaPath }]);
    }
    expect(result.summary).toMatch(ALL);
    // No connection was accepted that could have proved anything.
    expect(toldOf(result)).not.toMatch(UNPROVED);
  });

  test('when the only agent is rejected, and the outputs have them', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { broker, inputs, options } = await withBroker(sandbox);
    broker.faults.push({ fault: { kind: 'connack', code: 1 } });
    const result = await sandbox.main(inputs, options);
    expect(codeOf(result)).toBe('connection-failed');
    await expectAll(result.outputs['brokerCaPath']);
    expect(result.outputs).toHaveProperty('mqttxPath');
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
  });

  test.skipIf(process.platform === 'win32').for([
    ['while the broker says nothing', { kind: 'silence' }, false],
    ['while the proof is under way', { kind: 'silence-before-tls' }, true],
  ] as const)('when the job is cancelled %s', async ([, fault, isAccepted], { start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { broker, inputs, options } = await withBroker(sandbox);
    if (!isAccepted) broker.faults.push({ fault });
    else broker.onConnect = () => broker.faults.push({ fault });
    let send: (signal: NodeJS.Signals) => void = () => {};
    const onStart = (kill: typeof send) => {
      send = kill;
    };
    const running = sandbox.main(inputs, { ...options, onStart });
    await waitFor(() => broker.attempts > (isAccepted ? 1 : 0) && broker.connections.length > 0);
    send('SIGINT');
    const result = await running;
    expect(codeOf(result)).toBe(isAccepted ? undefined : 'cancelled');
    await expectAll(result.outputs['brokerCaPath']);
    expect(result.outputs).toHaveProperty('mqttxPath');
    expect(result.log.filter((line) => UNPROVED.test(line))).toHaveLength(isAccepted ? 1 : 0);
  });

  test('without `verify-connection`, even with a passphrase', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ 'key-passphrase': 'correct horse' });
    expect(result.exitCode).toBe(0);
    await expectAll(result.outputs['brokerCaPath']);
    expect(result.outputs).not.toHaveProperty('mqttxPath');
    expect(toldOf(result)).toMatch(ALL);
  });
});

describe.concurrent('the CA file', () => {
  test('contains the CAs of `broker-ca-file`, and no search is made', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const other = await readFile(inputs['broker-ca-file'] ?? '', 'utf8');
    await writeFile(inputs['broker-ca-file'] ?? '', `${other}\n${broker.ca}`);
    const result = await sandbox.main(inputs);
    expect(await certificatesIn(result.outputs['brokerCaPath'])).toHaveLength(2);
    expect(toldOf(result)).toMatch(/CA file in .* \(2 CAs from `broker-ca-file`\)/);
    expect(broker.attempts).toBe(1);
  });

  test('has the same effect as at delivery if it can’t be written', async ({ start }) => {
    const sandbox = await start();
    const { inputs, options } = await withBroker(sandbox);
    const env = { ...options.env, ...noRoomFor('broker-ca.pem').env };
    const result = await sandbox.main({ ...inputs, 'key-passphrase': 'correct horse' }, { env });
    expect(errorOf(result)).toMatch(
      /^\[delivery-failed\] The CA file could not be written to .* \(ENOSPC\)\. The private key is in .*\.key and is not deleted/,
    );
    await sandbox.post(result);
    expect(existsSync(result.outputs['privateKeyPath'] ?? '')).toBe(true);
  });

  test('of an agent that was rejected fails in addition', async ({ start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { broker, inputs, options } = await withBroker(sandbox);
    broker.faults.push({ fault: { kind: 'connack', code: 1 } });
    const env = { ...options.env, ...noRoomFor('.mqttx.json').env };
    const result = await sandbox.main(inputs, { env });
    expect(errorOf(result)).toMatch(
      /^\[connection-failed\] .* CONNACK code 1: .* The connection file could not be written to .* \(ENOSPC\)\. The private key is in /,
    );
    await sandbox.post(result);
    expect(existsSync(result.outputs['privateKeyPath'] ?? '')).toBe(true);
  });

  test('stays with a key that another destination did not take', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const { inputs, options } = await withBroker(sandbox);
    github.faults.push({ at: 'secret', fault: { kind: 'status', status: 403 } });
    const places = { destination: 'workspace, repository', 'github-token': github.issueToken() };
    const result = await sandbox.main({ ...inputs, ...places }, options);
    expect(codeOf(result)).toBe('delivery-failed');
    await sandbox.post(result);
    for (const output of ['privateKeyPath', 'certificatePath', 'brokerCaPath', 'mqttxPath']) {
      expect(existsSync(result.outputs[output] ?? ''), output).toBe(true);
    }
  });
});
