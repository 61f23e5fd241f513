import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOnlyBlock } from '../../src/keys/armour.ts';
import { decryptKey, deriveLock } from '../../src/keys/pbes2.ts';
import { Secret } from '../../src/secret.ts';
import { hasOpenssl, openssl } from '../openssl.ts';
import { armoured, encryptedKey, identifier, NAMES, NULL, octets, sequence } from './der.ts';

const hasJava = spawnSync('java', ['-version']).status === 0;
const PASSPHRASE = 'correct horse battery staple';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const der = privateKey.export({ type: 'pkcs8', format: 'der' });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'pbes2-'));
  await writeFile(path.join(directory, 'plain.key'), plain);
});
afterAll(() => rm(directory, { recursive: true }));

const open = async (pem: string, passphrase = PASSPHRASE) =>
  decryptKey(readOnlyBlock(pem)?.der ?? Buffer.of(), new Secret(passphrase));

/** The key, encrypted by OpenSSL. */
async function byOpenssl(...options: readonly string[]): Promise<string> {
  const [from, to] = ['plain.key', 'encrypted.key'].map((name) => path.join(directory, name));
  const pass = ['-passout', `pass:${PASSPHRASE}`];
  openssl('pkcs8', '-topk8', '-in', `${from}`, '-out', `${to}`, ...pass, ...options);
  return readFile(`${to}`, 'utf8');
}

/** A key as this action encrypts it. */
async function encrypt(key: KeyObject = privateKey, passphrase = PASSPHRASE): Promise<string> {
  const lock = await deriveLock(new Secret(passphrase));
  const info = lock.encrypt(key.export({ type: 'pkcs8', format: 'der' }));
  return armoured('ENCRYPTED PRIVATE KEY', info);
}

const kinds: Readonly<Record<string, KeyObject>> = {
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'RSA 4096': generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey,
  'EC P-256': privateKey,
  Ed25519: generateKeyPairSync('ed25519').privateKey,
};

describe('a key is encrypted', () => {
  test.each(Object.entries(kinds))('so that only its passphrase opens it: %s', async (_, key) => {
    const pem = await encrypt(key);
    expect(await open(pem)).toEqual(key.export({ type: 'pkcs8', format: 'der' }));
    expect(await open(pem, 'correct horse battery Staple')).not.toEqual(await open(pem));
    expect(createPrivateKey({ key: pem, passphrase: PASSPHRASE }).equals(key)).toBe(true);
    expect(() => createPrivateKey({ key: pem, passphrase: '' })).toThrow();
  });

  test('with any passphrase of 12 to 1,023 printable ASCII characters', async () => {
    const sign = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
    const passphrase = fc.string({ unit: sign, minLength: 12, maxLength: 1023 });
    await fc.assert(
      fc.asyncProperty(passphrase, async (text) => {
        const pem = await encrypt(privateKey, text);
        expect(createPrivateKey({ key: pem, passphrase: text }).equals(privateKey)).toBe(true);
      }),
      { numRuns: 8, examples: [['x'.repeat(1023)], [' '.repeat(12)]] },
    );
  });

  test('differently each time', async () => {
    const lock = await deriveLock(new Secret(PASSPHRASE));
    expect(lock.encrypt(der)).not.toEqual(lock.encrypt(der));
    const salts = await Promise.all([encrypt(), encrypt()]);
    expect(new Set(salts.map((pem) => pem.split('\n')[2])).size).toBe(2);
  });

  test('by an object that does not reveal how', async () => {
    const lock = await deriveLock(new Secret(PASSPHRASE));
    expect(inspect(lock, { depth: 10, showHidden: true })).not.toMatch(/Buffer|correct/);
  });

  test.skipIf(!hasJava)('so that Java opens it', async () => {
    const source = path.join(directory, 'Decrypt.java');
    await writeFile(source, DECRYPT);
    const keys = Object.values(kinds).slice(0, 3);
    const given = await Promise.all(
      keys.map(async (key) => readOnlyBlock(await encrypt(key))?.der?.toString('base64') ?? ''),
    );
    const { stdout, stderr } = spawnSync('java', [source, PASSPHRASE, ...given], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const opened = stdout.trimEnd().split('\n');
    expect(opened).toEqual(
      keys.map((key) => key.export({ type: 'pkcs8', format: 'der' }).toString('base64')),
    );
  });

  test.skipIf(!hasOpenssl)('like OpenSSL does it', async () => {
    const options = ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA256', '-iter', '600000'];
    const theirs = path.join(directory, 'encrypted.key');
    for (const [name, key] of Object.entries(kinds)) {
      const ours = path.join(directory, 'ours.key');
      const clear = path.join(directory, 'clear.key');
      await writeFile(ours, await encrypt(key));
      await writeFile(clear, key.export({ type: 'pkcs8', format: 'pem' }));
      openssl(
        ...['pkcs8', '-topk8', '-in', clear, '-out', theirs, ...options],
        ...['-passout', `pass:${PASSPHRASE}`],
      );
      expect([name, structureOf(ours)]).toEqual([name, structureOf(theirs)]);
      // Debian's OpenSSL takes 8 bytes.
      expect(openssl('asn1parse', '-in', ours)).toMatch(/PBKDF2\n.*\n.* l= +16 prim: OCTET STRING/);
      const opened = openssl('pkey', '-in', ours, '-passin', `pass:${PASSPHRASE}`);
      expect(opened).toBe(key.export({ type: 'pkcs8', format: 'pem' }));
    }
  });

  test('off the main thread', async () => {
    let isReady = false;
    let turns = 0;
    const deriving = deriveLock(new Secret(PASSPHRASE)).then(() => {
      isReady = true;
    });
    while (!isReady) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    await deriving;
    expect(turns).toBeGreaterThan(100);
  });
});

/** What `openssl asn1parse` prints: depths, types and values, but no places, salts and the like. */
function structureOf(file: string): string {
  return openssl('asn1parse', '-in', file)
    .replace(/^ *\d+:(d=\d+) +hl=\d+ +l= *\d+ /gm, '$1 ')
    .replace(/(OCTET STRING +\[HEX DUMP\]):[0-9A-F]+/g, '$1');
}

describe('an encrypted key is opened', () => {
  test.skipIf(!hasOpenssl).each([
    ['aes-256-cbc', 'hmacWithSHA256', '600000'],
    ['aes-128-cbc', 'hmacWithSHA1', '1'],
    ['aes-192-cbc', 'hmacWithSHA512', '2048'],
    ['aes-256-cbc', 'hmacWithSHA224', '2048'],
    ['aes-256-cbc', 'hmacWithSHA384', '2048'],
  ])('that OpenSSL wrote with %s, %s, %s rounds', async (cipher, prf, rounds) => {
    expect(await open(await byOpenssl('-v2', cipher, '-v2prf', prf, '-iter', rounds))).toEqual(der);
  });

  test.skipIf(!hasJava)('that Java wrote', async () => {
    const source = path.join(directory, 'Encrypt.java');
    await writeFile(source, ENCRYPT);
    const { stdout, status } = spawnSync('java', [source, der.toString('base64'), PASSPHRASE], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const [parameters, data] = stdout.split('\n').map((line) => Buffer.from(line, 'base64'));
    const algorithm = sequence(identifier(NAMES.pbes2), parameters ?? NULL);
    const info = sequence(algorithm, octets(data ?? NULL));
    const pem = armoured('ENCRYPTED PRIVATE KEY', info);
    expect(createPrivateKey({ key: pem, passphrase: PASSPHRASE }).equals(privateKey)).toBe(true);
    expect(await open(pem)).toEqual(der);
  });
});

/** Opens encrypted keys as Java's documentation has it, and prints them. */
const DECRYPT = `import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
class Decrypt {
  public static void main(String[] given) throws Exception {
    for (int at = 1; at < given.length; at++) {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(Base64.getDecoder().decode(given[at]));
      String name = info.getAlgParameters().toString();
      Cipher cipher = Cipher.getInstance(name);
      cipher.init(Cipher.DECRYPT_MODE, SecretKeyFactory.getInstance(name)
          .generateSecret(new PBEKeySpec(given[0].toCharArray())), info.getAlgParameters());
      PKCS8EncodedKeySpec spec = info.getKeySpec(cipher);
      String kind = at == given.length - 1 ? "EC" : "RSA";
      byte[] opened = KeyFactory.getInstance(kind).generatePrivate(spec).getEncoded();
      System.out.println(Base64.getEncoder().encodeToString(opened));
    }
  }
}`;

/** Prints the parameters of PBES2, and the encrypted key. */
const ENCRYPT = `import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
class Encrypt {
  public static void main(String[] given) throws Exception {
    String name = "PBEWithHmacSHA256AndAES_256";
    SecretKey key = SecretKeyFactory.getInstance(name).generateSecret(new PBEKeySpec(given[1].toCharArray()));
    Cipher cipher = Cipher.getInstance(name);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    byte[] data = cipher.doFinal(Base64.getDecoder().decode(given[0]));
    for (byte[] part : new byte[][] {cipher.getParameters().getEncoded(), data})
      System.out.println(Base64.getEncoder().encodeToString(part));
  }
}`;

describe('an encrypted key is refused immediately', () => {
  const refused: Readonly<Record<string, string>> = {
    'with 2^31 - 1 rounds': encryptedKey(2 ** 31 - 1),
    'with 10,000,001 rounds': encryptedKey(10_000_001),
    'with rounds of many bytes': encryptedKey(1n << 4000n),
    'with no round': encryptedKey(0),
    'with scrypt': encryptedKey(2048, NAMES.scrypt),
    'that is unencrypted': plain,
  };
  test.each(Object.entries(refused))('%s', async (_, pem) => {
    const started = process.cpuUsage();
    expect(await open(pem)).toBeUndefined();
    const { user, system } = process.cpuUsage(started);
    expect(user + system).toBeLessThan(1_000_000);
  });

  test.skipIf(!hasOpenssl).each([
    ['PBES1', ['-v1', 'PBE-SHA1-3DES']],
    ['Triple DES', ['-v2', 'des3']],
    ['scrypt', ['-scrypt']],
  ])('that OpenSSL wrote with %s', async (_, options) => {
    expect(await open(await byOpenssl(...options))).toBeUndefined();
  });
});

test('keys are opened off the main thread', async () => {
  const pem = encryptedKey(2_000_000);
  let isOpen = false;
  let turns = 0;
  const opening = open(pem).then(() => {
    isOpen = true;
  });
  while (!isOpen) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  await opening;
  expect(turns).toBeGreaterThan(100);
});
