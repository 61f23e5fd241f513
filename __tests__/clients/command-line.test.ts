import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'mqtt-packet';
import { expect } from 'vitest';
import { test, waitFor } from '../action/sandbox.ts';
import { type Equipment, equip, expectPublished, runShown, shownFor } from './device.ts';
import { describeClient, run, succeed, whereIs } from './tools.ts';

describeClient('OpenSSL', ['openssl'], () => {
  test.for(['issued', 'pkcs8', 'encrypted'] as const)('connects (%s)', async (form, { start }) => {
    const equipped = await equip(await start(), form);
    await connectWithOpenssl(equipped.device);
    await expectPublished(equipped);
  });

  test('converts the encrypted key for clients that need DER, or no passphrase', async ({
    start,
  }) => {
    const { device } = await equip(await start(), 'encrypted');
    await runShown(device, 'openssl pkey ');
    const inDirectory = { cwd: device.directory };
    const der = ['rsa', '-check', '-noout', '-inform', 'DER', '-in', 'agent.key.der'];
    expect(await succeed('openssl', der, inDirectory)).toContain('RSA key ok');
    const pem = ['rsa', '-check', '-noout', '-in', 'agent.key'];
    expect(await succeed('openssl', pem, inDirectory)).toContain('RSA key ok');
  });
});

/** Sends CONNECT, a message and DISCONNECT through openssl's client, and waits for the CONNACK. */
async function connectWithOpenssl(device: Equipment): Promise<void> {
  const args = [
    ...['s_client', '-quiet', '-verify_return_error', '-connect', `localhost:${device.port}`],
    ...['-servername', 'localhost', '-CAfile', device.ca, '-cert', device.certificate],
    ...['-key', device.privateKey, '-pass', 'env:KEY_PASSPHRASE'],
  ];
  const { clientId, topic, message, passphrase } = device;
  const program = whereIs('openssl') ?? '';
  const env = { ...process.env, KEY_PASSPHRASE: passphrase };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env, timeout: 60_000 });
  child.stdin.write(generate({ cmd: 'connect', clientId, protocolVersion: 4, clean: true }));
  const connack = await new Promise<Buffer>((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`openssl ended with ${code}`)));
  });
  expect([...connack]).toEqual([0x20, 2, 0, 0]);
  child.stdin.write(
    generate({ cmd: 'publish', topic, payload: message, qos: 0, dup: false, retain: false }),
  );
  child.stdin.end(generate({ cmd: 'disconnect' }));
}

/** What the line for `mosquitto_pub` has, for these files. */
const publishArgs = (device: Equipment) => [
  ...['-h', 'localhost', '-p', device.port, '-i', device.clientId, '-q', '1'],
  ...['--cafile', device.ca, '--cert', device.certificate, '--key', device.privateKey],
  ...['-t', device.topic, '-m', device.message],
];

describeClient('Mosquitto clients', ['mosquitto_pub', 'script'], () => {
  test.for(['issued', 'pkcs8'] as const)('publish (%s)', async (form, { start }) => {
    const equipped = await equip(await start(), form);
    const ran = await run('mosquitto_pub', publishArgs(equipped.device));
    await expectPublished(equipped, ran);
  });

  test('ask for the passphrase of an encrypted key', async ({ start }) => {
    const equipped = await equip(await start(), 'encrypted');
    const { device } = equipped;
    const line = ['mosquitto_pub', ...publishArgs(device)].map((word) => `'${word}'`).join(' ');
    let answered = false;
    // It only asks at a terminal, which this program simulates.
    const ran = await run('script', ['-qec', line, '/dev/null'], {
      onOutput: (output, stdin) => {
        if (answered || !/pass ?phrase/i.test(output)) return;
        answered = true;
        stdin.write(`${device.passphrase}\n`);
      },
    });
    expect(answered).toBe(true);
    await expectPublished(equipped, ran);
  });
});

const asRoot = process.getuid?.() === 0;

describeClient('Mosquitto as a bridge', ['mosquitto', 'mosquitto_pub', 'openssl'], () => {
  test.for(['issued', 'pkcs8'] as const)(
    'publishes (%s)',
    async (form, { start, onTestFinished }) => {
      const equipped = await equip(await start(), form);
      const folder = await makeFolder(onTestFinished);
      const device = { ...equipped.device, directory: folder };
      // Whoever is not root starts Mosquitto as the user that the files belong to.
      if (asRoot) await runShown(device, 'install -o mosquitto');
      else await copyTo(folder, device);
      const bridge = await startBridge(device, onTestFinished);
      await bridge.logs(/Received CONNACK on connection /);
      await bridge.publish('agent/mc_v3/ts', device.message);
      await expectPublished(equipped);
    },
  );

  // Only Mosquitto's own user can read the key, and not the user that starts Mosquitto.
  test.runIf(asRoot)('fails on a key that is not its user’s', async ({ start, onTestFinished }) => {
    const { broker, device } = await equip(await start(), 'issued');
    const before = broker.connections.length;
    const folder = await makeFolder(onTestFinished);
    await copyTo(folder, device);
    const bridge = await startBridge({ ...device, directory: folder }, onTestFinished);
    await bridge.logs(/Unable to load client key file/);
    expect(broker.connections).toHaveLength(before);
  });
});

/** Registers what is done once a test has ended. */
type Finish = (end: () => Promise<void>) => void;

/** Creates a folder that every user may list, in the place of /etc/agent. */
async function makeFolder(onTestFinished: Finish): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bridge-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}

/** Copies the files with their modes, under the names that the page has. */
async function copyTo(folder: string, { ca, certificate, privateKey, clientId }: Equipment) {
  await copyFile(ca, path.join(folder, 'broker-ca.pem'));
  await copyFile(certificate, path.join(folder, `${clientId}.pem`));
  await copyFile(privateKey, path.join(folder, `${clientId}.key`));
}

/** Starts Mosquitto with the bridge that the page shows, and with a socket for local clients. */
async function startBridge(device: Equipment, onTestFinished: Finish) {
  // When root starts it, it switches to another user, who creates the socket.
  const own = await mkdtemp(path.join(tmpdir(), 'mosquitto-'));
  await chmod(own, 0o777);
  const socket = path.join(own, 'socket');
  const file = path.join(device.directory, 'mosquitto.conf');
  const local = ['allow_anonymous true', 'log_dest stderr', 'log_type all', `listener 0 ${socket}`];
  await writeFile(file, `${local.join('\n')}\n${shownFor(device, 'try_private false')}`);
  const child = spawn(whereIs('mosquitto') ?? '', ['-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 120_000,
  });
  onTestFinished(async () => {
    await ended(child);
    await rm(own, { recursive: true, force: true });
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  return {
    logs: (pattern: RegExp) => waitFor(() => pattern.test(log)),
    publish: (topic: string, message: string) =>
      succeed('mosquitto_pub', ['--unix', socket, '-t', topic, '-m', message]),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
