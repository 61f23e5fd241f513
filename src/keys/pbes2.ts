import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  pbkdf2,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../secret.ts';
import {
  contentOf,
  type Element,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readElements,
  readNumber,
  readSequence,
  SEQUENCE,
  writeElement,
  writeNumber,
} from './der.ts';

/** So many rounds take some seconds. */
const MOST_ROUNDS = 10_000_000;

/** The number that OWASP's Password Storage Cheat Sheet recommends for HMAC-SHA256. Takes 0.1 s. */
const ROUNDS = 600_000;

/** In bytes: the salt (NIST SP 800-132, section 5.1) and AES's blocks. */
const SALT_LENGTH = 16;
const BLOCK_LENGTH = 16;

/** Object identifiers (RFC 8018, appendices A and B), as hexadecimal content. */
const PBES2 = '2a864886f70d01050d';
const PBKDF2 = '2a864886f70d01050c';
const HMAC_SHA256 = '2a864886f70d0209';
const AES_256_CBC = '60864801650304012a';
const DIGESTS: Readonly<Record<string, string>> = {
  '2a864886f70d0207': 'sha1',
  '2a864886f70d0208': 'sha224',
  [HMAC_SHA256]: 'sha256',
  '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512',
};
const AES_256 = { name: 'aes-256-cbc', keyLength: 32 };
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyLength: number }>> = {
  '608648016503040102': { name: 'aes-128-cbc', keyLength: 16 },
  '608648016503040116': { name: 'aes-192-cbc', keyLength: 24 },
  [AES_256_CBC]: AES_256,
};

const derive = promisify(pbkdf2);

/** Encrypts private keys with a passphrase. */
export interface KeyLock {
  /** Encrypts a PKCS#8 key as EncryptedPrivateKeyInfo (RFC 5958, section 3). */
  encrypt(pkcs8: Buffer): Buffer;
}

/**
 * Prepares encryption with a passphrase: PBES2 with PBKDF2 and AES (RFC 8018). Derives the key here,
 * off the main thread, because that takes long and a private key should be encrypted as soon as it
 * arrives.
 */
export async function deriveLock(passphrase: Secret): Promise<KeyLock> {
  const salt = randomBytes(SALT_LENGTH);
  const { name, keyLength } = AES_256;
  const bytes = await derive(passphrase.reveal(), salt, ROUNDS, keyLength, 'sha256');
  // A key object never prints its bytes.
  const key = createSecretKey(bytes);
  return {
    encrypt(pkcs8) {
      const iv = randomBytes(BLOCK_LENGTH);
      const cipher = createCipheriv(name, key, iv);
      const data = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
      return writeEncrypted({ salt, iv, data });
    },
  };
}

/** Writes the parameters as OpenSSL does: without the length of the derived key, which the cipher implies. */
function writeEncrypted({ salt, iv, data }: Readonly<Record<'salt' | 'iv' | 'data', Buffer>>) {
  const algorithm = (name: string, ...parameters: readonly Buffer[]) =>
    sequence(writeElement(OBJECT_IDENTIFIER, Buffer.from(name, 'hex')), ...parameters);
  const digest = algorithm(HMAC_SHA256, writeElement(NULL));
  const parameters = sequence(writeElement(OCTET_STRING, salt), writeNumber(ROUNDS), digest);
  const derivation = algorithm(PBKDF2, parameters);
  const encryption = algorithm(AES_256_CBC, writeElement(OCTET_STRING, iv));
  const scheme = algorithm(PBES2, sequence(derivation, encryption));
  return sequence(scheme, writeElement(OCTET_STRING, data));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return writeElement(SEQUENCE, ...parts);
}

/**
 * Decrypts an EncryptedPrivateKeyInfo (RFC 5958, section 3). Returns nothing if the passphrase is
 * wrong, or if the key is not encrypted as OpenSSL, Java and this action do it: PBES2 with PBKDF2 and
 * AES in CBC mode (RFC 8018). Node's own decryption would run any number of rounds, on the main thread.
 */
export async function decryptKey(der: Buffer, passphrase: Secret): Promise<Buffer | undefined> {
  try {
    const { salt, rounds, digest, cipher, iv, data } = readEncrypted(der);
    const key = await derive(passphrase.reveal(), salt, rounds, cipher.keyLength, digest);
    const decipher = createDecipheriv(cipher.name, key, iv);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    return undefined;
  }
}

function readEncrypted(der: Buffer) {
  const [algorithm, data] = readSequence(der);
  const [derivation, encryption] = readElements(parametersOf(algorithm, PBES2));
  const { salt, rounds, keyLength, digest } = readDerivation(derivation);
  const [name, iv] = readElements(contentOf(encryption, SEQUENCE));
  const cipher = CIPHERS[hexOf(name)];
  if (cipher === undefined || digest === undefined) throw new Error('another algorithm');
  if (keyLength !== undefined && keyLength !== cipher.keyLength) throw new Error('another length');
  if (rounds < 1 || rounds > MOST_ROUNDS) throw new Error('too many rounds');
  const content = { iv: contentOf(iv, OCTET_STRING), data: contentOf(data, OCTET_STRING) };
  return { salt, rounds, digest, cipher, ...content };
}

/** PBKDF2-params (RFC 8018, appendix A.2). */
function readDerivation(element: Element | undefined) {
  const [salt, rounds, ...optional] = readElements(parametersOf(element, PBKDF2));
  const keyLength = optional.find(({ tag }) => tag === INTEGER);
  const prf = optional.find(({ tag }) => tag === SEQUENCE);
  const [name] = prf === undefined ? [] : readElements(prf.content);
  return {
    salt: contentOf(salt, OCTET_STRING),
    rounds: readNumber(rounds),
    keyLength: keyLength && readNumber(keyLength),
    digest: prf === undefined ? 'sha1' : DIGESTS[hexOf(name)],
  };
}

/** The parameters of an AlgorithmIdentifier (RFC 5280, section 4.1.1.2). Throws for another algorithm. */
function parametersOf(element: Element | undefined, name: string): Buffer {
  const [identifier, parameters] = readElements(contentOf(element, SEQUENCE));
  if (hexOf(identifier) !== name) throw new Error('another algorithm');
  return contentOf(parameters, SEQUENCE);
}

function hexOf(identifier: Element | undefined): string {
  return contentOf(identifier, OBJECT_IDENTIFIER).toString('hex');
}
