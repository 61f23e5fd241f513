import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOnlyBlock } from '../../src/keys/armour.ts';
import { decryptKey } from '../../src/keys/pbes2.ts';
import { encryptPrivateKey } from '../../src/keys/pem.ts';
import { Secret } from '../../src/secret.ts';
import { hasOpenssl, openssl } from '../openssl.ts';
import { armoured, encryptedKey, identifier, NAMES, NULL, octets, sequence } from './der.ts';

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

describe('an encrypted key is opened', () => {
  test('that this action wrote', async () => {
    const pem = encryptPrivateKey(new Secret(plain), new Secret(PASSPHRASE));
    expect(await open(pem)).toEqual(der);
    expect(await open(pem, 'correct horse battery Staple')).not.toEqual(der);
  });

  test.skipIf(!hasOpenssl).each([
    ['aes-256-cbc', 'hmacWithSHA256', '600000'],
    ['aes-128-cbc', 'hmacWithSHA1', '1'],
    ['aes-192-cbc', 'hmacWithSHA512', '2048'],
    ['aes-256-cbc', 'hmacWithSHA224', '2048'],
    ['aes-256-cbc', 'hmacWithSHA384', '2048'],
  ])('that OpenSSL wrote with %s, %s, %s rounds', async (cipher, prf, rounds) => {
    expect(await open(await byOpenssl('-v2', cipher, '-v2prf', prf, '-iter', rounds))).toEqual(der);
  });

  test.skipIf(spawnSync('java', ['-version']).status !== 0)('that Java wrote', async () => {
    const source = path.join(directory, 'Encrypt.java');
    await writeFile(source, JAVA);
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

/** Prints the parameters of PBES2, and the encrypted key. */
const JAVA = `import java.util.Base64;
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

describe('an encrypted key is refused, at once,', () => {
  const refused: Readonly<Record<string, string>> = {
    'with 2^31 - 1 rounds': encryptedKey(2 ** 31 - 1),
    'with 10,000,001 rounds': encryptedKey(10_000_001),
    'with rounds of many bytes': encryptedKey(1n << 4000n),
    'with no round': encryptedKey(0),
    'with scrypt': encryptedKey(2048, NAMES.scrypt),
    'that is plain': plain,
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

test('keys are opened beside the main thread', async () => {
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
