import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { type IssuedPair, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { readOnlyBlock } from '../../src/keys/armour.ts';
import { decryptKey } from '../../src/keys/pbes2.ts';
import { Secret } from '../../src/secret.ts';
import { leaksIn } from '../leaks.ts';
import { hasOpenssl, openssl } from '../openssl.ts';
import { agentsOf, codeOf, errorOf, preload, readyPairs, type Sandbox, test } from './sandbox.ts';

const PASSPHRASE = 'correct horse battery staple';
const KEY = '.insights-hub/mqtt1_device001.key';
const KEEP = { 'keep-files': 'true', 'if-exists': 'skip' };

type Inputs = Readonly<Record<string, string>>;
type Format = 'pkcs1' | 'sec1' | 'pkcs8';

const write = (pem: string, type: Format) =>
  createPrivateKey(pem).export({ type, format: 'pem' }).toString();

/** A pair whose key is in one of the formats that the service may take. */
async function issuedAs(format: Format): Promise<IssuedPair> {
  const [pair] =
    format === 'sec1'
      ? [await (await ServerAuthority.create()).issueServer({ names: ['device001'] })]
      : await readyPairs();
  if (pair === undefined) throw new Error('no pair was made');
  return { ...pair, privateKey: write(pair.privateKey, format) };
}

/** A run that issues a pair, with all forms of its key known, whichever is stored. */
async function run(
  start: (options: { readonly pairs: readonly IssuedPair[] }) => Promise<Sandbox>,
  format: Format,
  inputs: Inputs,
) {
  const pair = await issuedAs(format);
  const sandbox = await start({ pairs: [pair] });
  const older = format === 'sec1' ? 'sec1' : 'pkcs1';
  const forms = [write(pair.privateKey, older), write(pair.privateKey, 'pkcs8')];
  sandbox.moreKeys.push(...forms);
  const result = await sandbox.main(inputs);
  expect(errorOf(result)).toBe('');
  return { sandbox, result, pair, forms };
}

const FORMATS: readonly Format[] = ['pkcs1', 'sec1', 'pkcs8'];

describe.concurrent('a key with key-format pkcs8', () => {
  test.for(FORMATS)('is written and pushed as PKCS#8, issued as %s', async (format, { start }) => {
    const pair = await issuedAs(format);
    const sandbox = await start({ pairs: [pair] });
    const pkcs8 = write(pair.privateKey, 'pkcs8');
    sandbox.moreKeys.push(pkcs8);
    const github = await sandbox.startGitHub();
    const inputs = {
      destination: 'workspace, repository',
      'github-token': github.issueToken(),
      'key-format': 'pkcs8',
    };
    const result = await sandbox.main(inputs);
    expect(errorOf(result)).toBe('');
    expect(await sandbox.read(KEY)).toBe(pkcs8);
    expect(github.vault.secrets.get('INSIGHTS_HUB_AGENT_PRIVATE_KEY')).toBe(pkcs8);
  });

  test('connects, and is in the connection for MQTTX', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    const result = await sandbox.main({ ...inputs, 'key-format': 'pkcs8' });
    expect(errorOf(result)).toBe('');
    expect(broker.connections).toHaveLength(1);
    expect(await sandbox.read(KEY)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const [connection] = JSON.parse(await sandbox.read('.insights-hub/mqtt1_device001.mqttx.json'));
    expect(connection.key).toBe(path.join(sandbox.runner.workspace, KEY));
  });

  test('is skipped if it already exists as PKCS#8, and refused in another format', async ({
    start,
  }) => {
    const sandbox = await start({ pairs: [await issuedAs('pkcs1')] });
    const asPkcs8 = { ...KEEP, 'key-format': 'pkcs8' };
    await sandbox.main(KEEP);
    const refused = await sandbox.main(asPkcs8);
    expect(codeOf(refused)).toBe('destination-invalid');
    expect(errorOf(refused)).toMatch(
      /: .*mqtt1_device001\.key\. .*not PKCS#8 although `key-format` is pkcs8/,
    );
    const pkcs8 = write(await sandbox.read(KEY), 'pkcs8');
    sandbox.moreKeys.push(pkcs8);
    await writeFile(path.join(sandbox.runner.workspace, KEY), pkcs8);
    for (const inputs of [asPkcs8, KEEP]) {
      const skipped = await sandbox.main(inputs);
      expect(errorOf(skipped)).toBe('');
      expect(skipped.log[0]).toMatch(/^Skipped agent/);
    }
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });
});

const hasTool = (tool: string) => spawnSync(tool, ['--version']).error === undefined;

/**
 * Commands with which later steps print a key from standard input; the passphrase is in
 * `PASSPHRASE`.
 */
const COMMANDS: readonly (readonly string[])[] = [
  ['openssl', 'pkey', '-passin', 'env:PASSPHRASE'],
  ['openssl', 'rsa', '-passin', 'env:PASSPHRASE'],
  ['openssl', 'rsa', '-traditional', '-passin', 'env:PASSPHRASE'],
  ['openssl', 'ec', '-passin', 'env:PASSPHRASE'],
  ['cat'],
  ['base64'],
  ['jq', '-Rs', '.'],
];

/** Windows has most of them only in its shells. */
const isMissing = ([tool = '']: readonly string[]) =>
  (!process.env['CI'] || process.platform === 'win32') && !hasTool(tool);

const FORMS: Readonly<Record<string, Inputs>> = {
  'as issued': {},
  'as PKCS#8': { 'key-format': 'pkcs8' },
  encrypted: { 'key-passphrase': PASSPHRASE },
};

describe.concurrent('a later step that prints the key shows nothing of it', () => {
  const runs = FORMATS.flatMap((format) =>
    Object.entries(FORMS).map(([form, inputs]) => ({ format, form, inputs })),
  );
  test.for(runs)('issued as $format, stored $form', async ({ format, form, inputs }, { start }) => {
    const { sandbox, forms } = await run(start, format, inputs);
    const stored = await sandbox.read(KEY);
    if (form === 'as PKCS#8') expect(stored).toBe(forms[1]);
    const other = format === 'sec1' ? 'rsa' : 'ec';
    const fit = COMMANDS.filter((command) => command[1] !== other && !isMissing(command));
    for (const command of fit) {
      const [tool = '', ...args] = command;
      const env = { ...process.env, PASSPHRASE };
      const { stdout, status } = spawnSync(tool, args, { input: stored, env, encoding: 'utf8' });
      expect([command, status]).toEqual([command, 0]);
      // The lines of an encrypted key are masked, but not base64 of them.
      const keys = tool === 'base64' ? forms : [stored, ...forms];
      const isSeen = (text: string) => leaksIn(text, { values: [], keys }).length > 0;
      const hidesItself = tool === 'base64' && stored.includes('ENCRYPTED');
      // The check itself must find something without masks.
      expect([command, isSeen(stdout)]).toEqual([command, !hidesItself]);
      const log = stdout.split('\n').map((line) => sandbox.runner.mask(line));
      expect([command, isSeen(log.join('\n'))]).toEqual([command, false]);
    }
  });
});

describe.concurrent('an encrypted key', () => {
  const encrypted = { 'encrypt-key': 'true', 'key-passphrase': PASSPHRASE };

  test('can be opened by the reader that finds it again', async ({ start }) => {
    const { sandbox, forms } = await run(start, 'pkcs1', { ...encrypted, ...KEEP });
    const der = readOnlyBlock(await sandbox.read(KEY))?.der ?? Buffer.of();
    const opened = await decryptKey(der, new Secret(PASSPHRASE));
    expect(opened).toEqual(readOnlyBlock(forms[1] ?? '')?.der);
    const again = await sandbox.main({ ...encrypted, ...KEEP, 'key-format': 'pkcs8' });
    expect(errorOf(again)).toBe('');
    expect(again.log[0]).toMatch(/^Skipped agent/);
  });

  test.skipIf(!hasOpenssl)(
    'has 600,000 rounds, SHA-256 and a salt of 16 bytes, and opens with OpenSSL',
    async ({ start }) => {
      const { result, forms } = await run(start, 'pkcs1', encrypted);
      const file = result.outputs['privateKeyPath'] ?? '';
      const lines = openssl('asn1parse', '-in', file).split('\n');
      const at = lines.findIndex((line) => line.endsWith(':PBKDF2'));
      const parameters = lines.slice(at + 1, at + 8).map((line) => line.replace(/^.*?hl=2 /, ''));
      expect(parameters).toEqual([
        expect.stringMatching(/^l= +\d+ cons: SEQUENCE/),
        expect.stringMatching(/^l= +16 prim: OCTET STRING/),
        expect.stringMatching(`:${(600_000).toString(16).padStart(6, '0').toUpperCase()}$`),
        expect.stringMatching(/cons: SEQUENCE/),
        expect.stringMatching(/:hmacWithSHA256$/),
        expect.stringMatching(/prim: NULL/),
        expect.stringMatching(/^l= +\d+ cons: SEQUENCE/),
      ]);
      expect(lines[at + 8]).toMatch(/:aes-256-cbc$/);
      expect(openssl('pkey', '-in', file, '-passin', `pass:${PASSPHRASE}`)).toBe(forms[1]);
      expect(() => openssl('pkey', '-in', file, '-passin', 'pass:wrong')).toThrow();
    },
  );

  test.skipIf(spawnSync('java', ['-version']).status !== 0)(
    'opens with Java',
    async ({ start }) => {
      const { sandbox, forms } = await run(start, 'pkcs1', encrypted);
      const der = readOnlyBlock(await sandbox.read(KEY))?.der ?? Buffer.of();
      const source = path.join(sandbox.runner.temporary, 'Open.java');
      await writeFile(source, OPEN);
      const { stdout, stderr } = spawnSync('java', [source, PASSPHRASE, der.toString('base64')], {
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout).toBe(readOnlyBlock(forms[1] ?? '')?.der?.toString('base64'));
    },
  );

  test('costs no certificate if encrypting is impossible', async ({ start }) => {
    const sandbox = await start();
    const broken = preload(`import crypto from 'node:crypto';
      import { syncBuiltinESMExports } from 'node:module';
      crypto.pbkdf2 = (...args) => args.at(-1)(new Error('no such digest'));
      syncBuiltinESMExports();`);
    const result = await sandbox.main({ ...encrypted, ephemeral: 'true' }, broken);
    expect(codeOf(result)).toBe('internal');
    expect(sandbox.hub.seen('create')).toEqual([]);
    await sandbox.post(result);
    expect(sandbox.hub.seen('delete-agent')).toEqual([]);
  });

  test('is not opened to connect', async ({ start }) => {
    const sandbox = await start();
    const { broker, inputs } = await sandbox.startBroker();
    // Code that opens it again would keep the main thread busy.
    const strict = preload(`import tls from 'node:tls';
      import { syncBuiltinESMExports } from 'node:module';
      const { createSecureContext } = tls;
      tls.createSecureContext = (options) => {
        if (String(options?.key).includes('ENCRYPTED')) throw new Error('it is opened');
        return createSecureContext(options);
      };
      syncBuiltinESMExports();`);
    const result = await sandbox.main({ ...encrypted, ...inputs }, strict);
    expect(errorOf(result)).toBe('');
    expect(broker.connections).toHaveLength(1);
  });

  test('does not use up the time limit of a fleet', async ({ start }) => {
    const sandbox = await start();
    const name = Array.from({ length: 6 }, (_, index) => `d${index}`).join('\n');
    // Deriving each key seems to take an hour, and the time limit is a minute.
    const slow = preload(`import crypto from 'node:crypto';
      import { syncBuiltinESMExports } from 'node:module';
      const now = performance.now.bind(performance);
      let later = 0;
      performance.now = () => now() + later;
      const { pbkdf2 } = crypto;
      crypto.pbkdf2 = (...args) => {
        const done = args.pop();
        pbkdf2(...args, (...answer) => {
          later += 3600_000;
          done(...answer);
        });
      };
      syncBuiltinESMExports();`);
    const inputs = { ...encrypted, name, concurrency: '1', timeout: '60' };
    const result = await sandbox.main(inputs, slow);
    expect(errorOf(result)).toBe('');
    expect(agentsOf(result)).toHaveLength(6);
  });
});

/** Opens an encrypted key, and prints it as PKCS#8. */
const OPEN = `import java.security.KeyFactory;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
class Open {
  public static void main(String[] given) throws Exception {
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(Base64.getDecoder().decode(given[1]));
    String name = info.getAlgParameters().toString();
    Cipher cipher = Cipher.getInstance(name);
    cipher.init(Cipher.DECRYPT_MODE, SecretKeyFactory.getInstance(name)
        .generateSecret(new PBEKeySpec(given[0].toCharArray())), info.getAlgParameters());
    byte[] key = KeyFactory.getInstance("RSA").generatePrivate(info.getKeySpec(cipher)).getEncoded();
    System.out.print(Base64.getEncoder().encodeToString(key));
  }
}`;
