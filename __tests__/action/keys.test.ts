import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { Masker } from '../../sandbox/runner/masker.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { dsaKey, encryptedKey, encryptWith } from '../keys/der.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  masksOf,
  preload,
  readyPairs,
  type Sandbox,
  test,
  waitFor,
} from './sandbox.ts';

const PASSPHRASE = 'correct horse battery staple';
const KEEP = { 'keep-files': 'true', 'if-exists': 'skip' };
const KEY = '.insights-hub/mqtt1_device001.key';
const CERTIFICATE = '.insights-hub/mqtt1_device001.pem';

/** The text of a log, as the runner shows it after a step. */
function show(result: StepResult, text: string): string {
  const masker = new Masker();
  for (const mask of masksOf(result)) masker.add(mask);
  const lines = text.split('\n').map((line) => masker.mask(line));
  return lines.join('').replace(/-----[^-]*-----|\*/g, '');
}

const pkcs8Of = (pem: string) =>
  createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Puts files into the directory of the agents. */
async function put(sandbox: Sandbox, files: Readonly<Record<string, string>>): Promise<void> {
  const directory = path.join(sandbox.runner.workspace, '.insights-hub');
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(directory, name), content, { mode: 0o600 });
  }
}

/** Changes the key and certificate in an answer. */
function changeAnswer(sandbox: Sandbox, change: (pem: string) => string): void {
  sandbox.hub.faults.push({
    at: 'create',
    fault: {
      kind: 'change',
      change: ({ privateKey, publicKey, ...rest }) => ({
        ...rest,
        privateKey: change(String(privateKey)),
        publicKey: change(String(publicKey)),
      }),
    },
  });
}

function rewrap(pem: string, columns: number, end = '\n'): string {
  const [first, ...rest] = pem.trimEnd().split('\n');
  const body =
    rest
      .slice(0, -1)
      .join('')
      .match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return [first, ...body, rest.at(-1), ''].join(end);
}

describe.concurrent('a key', () => {
  const wrappings: Readonly<Record<string, (pem: string) => string>> = {
    'in lines of 12': (pem) => rewrap(pem, 12),
    'in lines of 15, with CRLF': (pem) => rewrap(pem, 15, '\r\n'),
    'in lines of 76': (pem) => rewrap(pem, 76),
    'with line ends that are escaped': (pem) => rewrap(pem, 12, '\\n'),
    'with spaces in its lines': (pem) => rewrap(pem, 8, ' \t\n'),
    'on one line': (pem) => pem.trimEnd().replaceAll('\n', ' '),
    'on one line, without spaces': (pem) => pem.replaceAll('\n', ''),
  };
  test.for(Object.keys(wrappings))(
    'that comes %s is written in lines of 64, and masked in them',
    async (name, { start }) => {
      const sandbox = await start();
      changeAnswer(sandbox, wrappings[name] ?? String);
      const result = await sandbox.main();
      expect(result.exitCode).toBe(0);
      const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
      expect(await sandbox.read(KEY)).toBe(pair?.privateKey);
      expect(await sandbox.read(CERTIFICATE)).toBe(pair?.certificate);
      expect(show(result, await sandbox.read(KEY))).toBe('');
    },
  );

  test('is masked as PKCS#8, too, with at most 120 masks', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main();
    const pem = await sandbox.read(KEY);
    expect(show(result, pkcs8Of(pem))).toBe('');
    expect(show(result, base64(pkcs8Of(pem)))).toBe('');
    const masks = masksOf(result).flatMap((mask) => mask.split('\n'));
    // Three are of the credentials.
    expect(masks.length).toBeLessThanOrEqual(3 + 120);
  });

  test('is masked by its lines only if it is stored encrypted', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ 'key-passphrase': PASSPHRASE });
    const pem = sandbox.hub.agents.get('mqtt1_device001')?.pair.privateKey ?? '';
    for (const text of [await sandbox.read(KEY), pem, pkcs8Of(pem)]) {
      expect(show(result, text)).toBe('');
    }
    const masks = masksOf(result).flatMap((mask) => mask.split('\n'));
    expect(masks.filter((mask) => mask.length > 64).length).toBeLessThan(3);
  });

  test('for DSA is refused before OpenSSL sees it', async ({ start }) => {
    const sandbox = await start();
    const privateKey = dsaKey(2700);
    sandbox.moreKeys.push(privateKey);
    sandbox.hub.faults.push({
      at: 'create',
      fault: { kind: 'change', change: (answer) => ({ ...answer, privateKey }) },
    });
    const result = await sandbox.main({}, { timeout: 30_000 });
    expect(codeOf(result)).toBe('response-invalid');
    expect(show(result, privateKey).length).toBeLessThan(16);
  });

  test('with repetitive content, in a repetitive answer, takes no time', async ({ start }) => {
    const sandbox = await start();
    const privateKey = `-----BEGIN PRIVATE KEY-----\n${'Aa!'.repeat(5000)}\n-----END PRIVATE KEY-----\n`;
    const id = `B${'Aa'.repeat(300)}`.repeat(26);
    const ids = { clientId: id, agentId: id, agentName: id, id };
    sandbox.hub.faults.push({
      at: 'create',
      fault: { kind: 'change', change: (answer) => ({ ...answer, ...ids, privateKey }) },
    });
    expect(codeOf(await sandbox.main({}, { timeout: 15_000 }))).toBe('response-invalid');
  });

  test('is lost with a second certificate that can’t be parsed', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({
      at: 'create',
      fault: {
        kind: 'change',
        change: ({ publicKey, ...answer }) => ({
          ...answer,
          publicKey: `${publicKey}-----BEGIN CERTIFICATE-----\nQUFBQQ==\n-----END CERTIFICATE-----\n`,
        }),
      },
    });
    const result = await sandbox.main();
    expect(codeOf(result)).toBe('response-invalid');
    expect(await sandbox.files()).not.toContain(path.normalize(CERTIFICATE));
  });
});

describe.concurrent('a key that already exists', () => {
  test('is masked like one that was just issued', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main(KEEP);
    const skipped = await sandbox.main(KEEP);
    expect(skipped.exitCode).toBe(0);
    const pem = await sandbox.read(KEY);
    for (const text of [pem, pkcs8Of(pem), base64(pem), JSON.stringify(pem.trimEnd())]) {
      expect(show(skipped, text).length).toBeLessThan(16);
    }
  });

  test('is masked in all its forms when it is encrypted', async ({ start }) => {
    const sandbox = await start();
    const inputs = { ...KEEP, 'key-passphrase': PASSPHRASE };
    await sandbox.main(inputs);
    const skipped = await sandbox.main(inputs);
    expect(skipped.exitCode).toBe(0);
    const pem = sandbox.hub.agents.get('mqtt1_device001')?.pair.privateKey ?? '';
    for (const text of [await sandbox.read(KEY), pem, pkcs8Of(pem)]) {
      expect(show(skipped, text)).toBe('');
    }
  });

  test('is refused if a plain one follows the word ENCRYPTED', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main(KEEP);
    await put(sandbox, { 'mqtt1_device001.key': `ENCRYPTED\n${await sandbox.read(KEY)}` });
    const again = await sandbox.main({ ...KEEP, 'key-passphrase': PASSPHRASE });
    expect(codeOf(again)).toBe('destination-invalid');
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  test.skipIf(process.platform === 'win32')(
    'gets mode 0600 if others may read it, but not in a dry run',
    async ({ start }) => {
      const sandbox = await start();
      await sandbox.main(KEEP);
      const file = path.join(sandbox.runner.workspace, KEY);
      const modeOf = async () => ((await lstat(file)).mode & 0o777).toString(8);
      await chmod(file, 0o644);
      const notices = ({ commands }: StepResult) =>
        commands.filter(({ name }) => name === 'notice').map(({ message }) => message);
      const dry = await sandbox.main({ ...KEEP, 'dry-run': 'true' });
      expect([dry.exitCode, await modeOf()]).toEqual([0, '644']);
      expect(notices(dry)).toContainEqual(expect.stringContaining(`would get mode 0600: ${file}`));
      const real = await sandbox.main(KEEP);
      expect([real.exitCode, await modeOf()]).toEqual([0, '600']);
      expect(notices(real)).toContainEqual(expect.stringContaining(`got mode 0600: ${file}`));
    },
  );

  test('is not read through a link', async ({ start }) => {
    const sandbox = await start();
    await sandbox.main(KEEP);
    const directory = path.join(sandbox.runner.workspace, '.insights-hub');
    const elsewhere = path.join(sandbox.runner.temporary, 'elsewhere');
    await rename(directory, elsewhere);
    await symlink(elsewhere, directory, 'junction');
    const again = await sandbox.main(KEEP);
    expect(codeOf(again)).toBe('destination-invalid');
    expect(errorOf(again)).toMatch(/is a link/);
  });

  test('is refused if opening it would take forever', async ({ start }) => {
    const sandbox = await start();
    const [pair] = await readyPairs();
    await put(sandbox, {
      'mqtt1_device001.key': encryptedKey(2 ** 31 - 1),
      'mqtt1_device001.pem': pair?.certificate ?? '',
    });
    const inputs = { ...KEEP, 'key-passphrase': PASSPHRASE };
    const result = await sandbox.main(inputs, { timeout: 30_000 });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('does not use up the time limit, however long it takes to open', async ({ start }) => {
    const sandbox = await start();
    const inputs = { ...KEEP, 'key-passphrase': PASSPHRASE };
    await sandbox.main(inputs);
    // Everything that opens an encrypted key seems to take an hour.
    const slow = preload(`import crypto from 'node:crypto';
      import { syncBuiltinESMExports } from 'node:module';
      const now = performance.now.bind(performance);
      let later = 0;
      performance.now = () => now() + later;
      for (const name of ['pbkdf2', 'createPrivateKey']) {
        const original = crypto[name];
        crypto[name] = Object.assign((...args) => {
          if (name === 'pbkdf2' || args[0].passphrase) later += 3600_000;
          return original(...args);
        }, original);
      }
      syncBuiltinESMExports();`);
    const result = await sandbox.main({ ...inputs, name: 'device001\ndevice002' }, slow);
    expect(errorOf(result)).toBe('');
    expect(agentsOf(result).map(({ clientId }) => clientId)).toEqual([
      'mqtt1_device001',
      'mqtt1_device002',
    ]);
  });
});

describe.skipIf(process.platform === 'win32').concurrent('a job that is cancelled', () => {
  test('stops while it opens the keys of a fleet', async ({ start }) => {
    const sandbox = await start();
    const [pair] = await readyPairs();
    const { privateKey = '', certificate = '' } = pair ?? {};
    const names = Array.from({ length: 200 }, (_, index) => `d${index}`);
    // Each takes a good part of a second, all of them together minutes.
    const encrypted = encryptWith(privateKey, PASSPHRASE, 2_000_000);
    for (const name of names) {
      const files = { [`mqtt1_${name}.key`]: encrypted, [`mqtt1_${name}.pem`]: certificate };
      await put(sandbox, files);
    }
    const begun = path.join(sandbox.runner.temporary, 'begun');
    let send: (signal: NodeJS.Signals) => void = () => {};
    const running = sandbox.main(
      { ...KEEP, name: names.join('\n'), 'key-passphrase': PASSPHRASE },
      {
        ...preload(`import crypto from 'node:crypto';
          import { writeFileSync } from 'node:fs';
          import { syncBuiltinESMExports } from 'node:module';
          const { pbkdf2 } = crypto;
          crypto.pbkdf2 = (...args) => {
            writeFileSync(${JSON.stringify(begun)}, '');
            return pbkdf2(...args);
          };
          syncBuiltinESMExports();`),
        onStart: (kill) => {
          send = kill;
        },
      },
    );
    await waitFor(() => existsSync(begun));
    send('SIGINT');
    const result = await running;
    expect(codeOf(result)).toBe('cancelled');
    expect(sandbox.hub.requests).toEqual([]);
  });
});
