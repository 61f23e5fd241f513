import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const DEMO = path.resolve(import.meta.dirname, '../../sandbox/demo.ts');
const hasBash = spawnSync('bash', ['-c', 'curl --version']).status === 0;
const hasMosquitto = spawnSync('mosquitto_pub', ['--version']).error === undefined;
const run = promisify(execFile);

interface Served {
  readonly inputs: Readonly<Record<string, string>>;
  readonly clientId: string;
  readonly directory: string;
  readonly mqttx: string;
  readonly commands: Readonly<Record<'token' | 'create' | 'publish', string>>;
}

/** Keeps `serve` running for as long as `use` takes; `serve` must then end well, and leave nothing. */
async function withServe(use: (served: Served) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [DEMO, 'serve', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 50_000);
  try {
    const served = await documentOf(child.stdout.setEncoding('utf8'));
    await use(served);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    // On Windows a signal just ends the process.
    if (process.platform !== 'win32') {
      expect(await ended).toEqual([0, null]);
      expect(existsSync(served.directory)).toBe(false);
    }
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

async function documentOf(stream: AsyncIterable<string>): Promise<Served> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (text.endsWith('\n}\n')) return JSON.parse(text);
  }
  throw new Error(`no whole document came: ${text}`);
}

const paste = (...lines: readonly string[]) =>
  run('bash', ['-c', lines.join('\n')], { timeout: 20_000 });

test.skipIf(!hasBash)('what serve prints for curl works when it is pasted', async () => {
  await withServe(async ({ commands, inputs }) => {
    const { stdout } = await paste(commands.token, commands.create);
    expect(stdout).toContain('"clientId":"mqtt1_device001"');
    expect(stdout.split('\n')[0]).toMatch(/^eyJ/);
    expect(Object.keys(inputs)).toContain('broker-ca-file');
  });
});

test.skipIf(!hasBash || !hasMosquitto)(
  'what serve prints for mosquitto_pub works when it is pasted',
  async () => {
    await withServe(async ({ commands }) => {
      const { stdout } = await paste(commands.publish);
      expect(stdout).toContain('received CONNACK (0)');
      expect(stdout).toContain('received PUBACK');
    });
  },
);

test('what serve writes for MQTTX leads to the files and the broker', async () => {
  await withServe(async ({ mqttx, clientId, inputs }) => {
    const [connection] = JSON.parse(await readFile(mqttx, 'utf8'));
    const { host, port, ca, cert, key } = connection;
    expect(connection.clientId).toBe(clientId);
    expect(`mqtts://${host}:${port}`).toBe(inputs['broker-url']);
    for (const file of [ca, cert, key]) expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN/);
  });
});
