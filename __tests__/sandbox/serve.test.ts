import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';

const DEMO = path.resolve(import.meta.dirname, '../../sandbox/demo.ts');
const hasBash = spawnSync('bash', ['-c', 'curl --version']).status === 0;
const hasMosquitto = spawnSync('mosquitto_pub', ['--version']).error === undefined;
const run = promisify(execFile);

interface Served {
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly clientId: string;
  readonly directory: string;
  readonly mqttx: string;
  readonly commands: Readonly<Record<'token' | 'create' | 'publish', string>>;
}

/** Keeps `serve` running while `use` runs. It must then exit with 0 and leave no files. */
async function withServe(
  use: (served: Served) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const child = spawn(process.execPath, [DEMO, 'serve', '--json', ...args], {
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
  throw new Error(`the document is incomplete: ${text}`);
}

const paste = (...lines: readonly string[]) =>
  run('bash', ['-c', lines.join('\n')], { timeout: 20_000 });

test.skipIf(!hasBash)('the commands that serve prints for curl work', async () => {
  await withServe(async ({ commands, inputs }) => {
    const { stdout } = await paste(commands.token, commands.create);
    expect(stdout).toContain('"clientId":"mqtt1_device001"');
    expect(stdout.split('\n')[0]).toMatch(/^eyJ/);
    expect(Object.keys(inputs)).toContain('broker-ca-file');
  });
});

test.skipIf(!hasBash || !hasMosquitto)(
  'the command that serve prints for mosquitto_pub works',
  async () => {
    await withServe(async ({ commands }) => {
      const { stdout } = await paste(commands.publish);
      expect(stdout).toContain('received CONNACK (0)');
      expect(stdout).toContain('received PUBACK');
    });
  },
);

test('the connection that serve writes for MQTTX names the files and the broker', async () => {
  await withServe(async ({ mqttx, clientId, inputs }) => {
    const [connection] = JSON.parse(await readFile(mqttx, 'utf8'));
    const { host, port, ca, cert, key } = connection;
    expect(connection.clientId).toBe(clientId);
    expect(`mqtts://${host}:${port}`).toBe(inputs['broker-url']);
    for (const file of [ca, cert, key]) expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN/);
  });
});

test.skipIf(!hasBash)('serve prints commands that follow its options', async () => {
  const args = ['--name', "o'x", '--name', 'b', '--owner', 'me', '--quota', 'off'];
  const more = ['--auth', 'application', '--shape', 'nested', '--line-ends', 'lf'];
  await withServe(
    async ({ commands, inputs }) => {
      expect(inputs).toMatchObject({ 'app-name': 'device-builder' });
      const { stdout } = await paste(commands.token, commands.create, commands.create);
      const answers = stdout.split('\n').slice(1);
      expect(answers[0]).toMatch(/^\{"clientId":"mqtt1_o'x","credentials":/);
      expect(answers[1]).toMatch(/^\{"clientId":"mqtt1_b","credentials":.*CERTIFICATE-----\\n/);
      expect(answers.slice(2, 4).every((answer) => answer.includes('conflict'))).toBe(true);
    },
    [...args, ...more],
  );
});

test('serve accepts the options for secrets and faults', async () => {
  const args = ['--destination', 'repository', '--variables', '--fault', 'token:503'];
  await withServe(
    async ({ inputs, env }) => {
      expect(inputs).toMatchObject({ destination: 'repository', variables: 'true', timeout: '20' });
      const headers = { authorization: `Bearer ${inputs['github-token']}` };
      const key = `${env['GITHUB_API_URL']}/repos/octo/device/actions/secrets/public-key`;
      const version = { 'x-github-api-version': '2022-11-28' };
      expect((await fetch(key, { headers: { ...headers, ...version } })).status).toBe(200);
      const url = `${inputs['token-url']}`.replace('{tenant}', 'mqtt1');
      expect((await fetch(url, { method: 'POST' })).status).toBe(503);
      expect((await fetch(url, { method: 'POST' })).status).toBe(401);
    },
    [...args, '--auth', 'token'],
  );
});

describe('serve', () => {
  test('shows incoming requests, connections and messages, harmless for terminals', async () => {
    const child = spawn(process.execPath, [DEMO, 'serve', '--auth', 'token'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 50_000);
    try {
      const shown = new Shown(child.stdout.setEncoding('utf8'));
      await shown.waitFor('appear below.');
      // Values to copy aren't wrapped, however long they are.
      expect(shown.text).toMatch(/^token: [\w-]{10,}\.[\w-]{100,}\.[\w-]{100,}$/m);
      const [, origin] = /api-url: (http:\/\/[^/]+)/.exec(shown.text) ?? [];
      await fetch(`${origin}/mqtt1/oauth/token`, { method: 'POST' });
      await fetch(`${origin}/api/x?filter=%7B%22a%22%3A1%7D%1B%5B31m`);
      await fetch(`${origin}/%`);
      await shown.waitFor('GET /%\n');
      const times = /^\d\d:\d\d:\d\d {2}/.source;
      expect(shown.text).toMatch(new RegExp(`${times}POST /mqtt1/oauth/token$`, 'm'));
      expect(shown.text).toMatch(
        new RegExp(`${times}GET /api/x\\?filter=\\{"a":1\\}\ufffd\\[31m$`, 'm'),
      );
      const [, directory = ''] = /cd '(.*)'/.exec(shown.text) ?? [];
      await publish(directory, `${/broker-url: (.*)/.exec(shown.text)?.[1]}`);
      await shown.waitFor('…\n');
      expect(shown.text).toMatch(
        new RegExp(`${times}MQTT connection from mqtt1_by-hand: accepted$`, 'm'),
      );
      expect(shown.text).toMatch(/MQTT message from mqtt1_by-hand to tc\/mqtt1\/\S+: hello\s+x+/);
      expect(shown.text.length).toBeLessThan(10_000);
    } finally {
      clearTimeout(timer);
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});

/** What a process prints. */
class Shown {
  text = '';
  readonly #stream: NodeJS.ReadableStream;

  constructor(stream: NodeJS.ReadableStream) {
    this.#stream = stream.on('data', (chunk: string) => {
      this.text += chunk;
    });
  }

  async waitFor(text: string): Promise<void> {
    while (!this.text.includes(text)) await once(this.#stream, 'data');
  }
}

/** Publishes a long message as the agent that exists from the start. */
async function publish(directory: string, url: string): Promise<void> {
  const clientId = 'mqtt1_by-hand';
  const read = (name: string) => readFile(path.join(directory, name));
  const client = await connectAsync(url, {
    clientId,
    reconnectPeriod: 0,
    ca: await read('root-ca.pem'),
    cert: await read(`${clientId}.pem`),
    key: await read(`${clientId}.key`),
  });
  const topic = `tc/mqtt1/${clientId}/o/mc_v3/ts`;
  await client.publishAsync(topic, `hello ${'x'.repeat(100_000)}`, { qos: 1 });
  await client.endAsync();
}
