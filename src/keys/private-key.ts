import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type PemBlock, readBlocks, writeBlock } from './armour.ts';
import {
  contentOf,
  type Element,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readElements,
  readNumber,
  readSequence,
  readUnsigned,
  SEQUENCE,
} from './der.ts';

/** In characters: longer than any private key of up to 16,384 bits. */
export const LONGEST_KEY = 16 * 1024;

/** In bytes: OpenSSL's limit for RSA keys, and FIPS 186-5's for their public exponents. */
const LARGEST_MODULUS = 16_384 / 8;
const LARGEST_EXPONENT = 256 / 8;

/** In bytes: for the largest curve (571 bits). */
const LARGEST_EC_KEY = 72;
const LONGEST_CURVE_NAME = 16;
const ED25519_KEY = 32;

/** A private key that was checked. */
export interface PrivateKey {
  /** canonical PEM in its original format */
  readonly pem: string;
  readonly object: KeyObject;
  /** the same as PKCS#8 */
  readonly pkcs8: string;
  /** canonical PEM in all formats that tools print, not encrypted */
  readonly forms: readonly string[];
}

/**
 * Reads the only private key in a text: an RSA, EC or Ed25519 key as PKCS#1 (RFC 8017), SEC1 (RFC 5915)
 * or PKCS#8 (RFC 5958). Returns nothing if there is none, more than one, or one that is not accepted.
 * Checks everything before OpenSSL reads the key, because some keys would keep OpenSSL busy for minutes.
 */
export function readPrivateKey(text: string): PrivateKey | undefined {
  if (text.length > LONGEST_KEY) return undefined;
  const [block, ...others] = readBlocks(text).filter(isPrivateKey);
  return block === undefined || others.length > 0 ? undefined : readKeyBlock(block);
}

/** The same for a PEM block. */
export function readKeyBlock({ label, der }: PemBlock): PrivateKey | undefined {
  try {
    const format = FORMATS[label];
    if (format === undefined || der === undefined) return undefined;
    format.check(der);
    const object = createPrivateKey({ key: der, format: 'der', type: format.type });
    const pem = writeBlock(label, der);
    const pkcs8 = label === PKCS8 ? pem : exportKey(object, 'pkcs8');
    return { pem, object, pkcs8, forms: [...new Set([pem, ...formsOf(object)])] };
  } catch {
    // Errors may quote what could not be read.
    return undefined;
  }
}

export function isPrivateKey({ label }: PemBlock): boolean {
  return /(^| )PRIVATE KEY$/.test(label);
}

/** The label of PKCS#8. */
export const PKCS8 = 'PRIVATE KEY';

interface Format {
  readonly type: 'pkcs1' | 'sec1' | 'pkcs8';
  /** Throws for a key that is not accepted. */
  readonly check: (der: Buffer) => void;
}

const FORMATS: Readonly<Record<string, Format>> = {
  'RSA PRIVATE KEY': { type: 'pkcs1', check: checkRsa },
  'EC PRIVATE KEY': { type: 'sec1', check: (der) => checkEc(der, undefined) },
  [PKCS8]: { type: 'pkcs8', check: checkPkcs8 },
};

/** In the traditional format of its kind, if there is one, and as PKCS#8. */
function formsOf(object: KeyObject): readonly string[] {
  const traditional = { rsa: 'pkcs1', ec: 'sec1' } as const;
  const kind = object.asymmetricKeyType;
  const types =
    kind === 'rsa' || kind === 'ec' ? [traditional[kind], 'pkcs8' as const] : ['pkcs8' as const];
  return types.map((type) => exportKey(object, type));
}

function exportKey(object: KeyObject, type: Format['type']): string {
  return object.export({ type, format: 'pem' }).toString();
}

/** OneAsymmetricKey (RFC 5958, section 2). */
function checkPkcs8(der: Buffer): void {
  const [version, algorithm, key, ...rest] = readSequence(der);
  const [name, parameters, ...more] = readElements(contentOf(algorithm, SEQUENCE));
  // Attributes and the public key.
  const isKnown = rest.every(({ tag }) => [0xa0, 0x81].includes(tag));
  if (readNumber(version) > 1 || !isKnown || more.length > 0) throw new Error('another format');
  const content = contentOf(key, OCTET_STRING);
  const check = ALGORITHMS[contentOf(name, OBJECT_IDENTIFIER).toString('hex')];
  if (check === undefined) throw new Error('another kind of key');
  check(content, parameters);
}

type Check = (key: Buffer, parameters: Element | undefined) => void;

/** By the hexadecimal content of object identifiers. All throw for keys that are not accepted. */
const ALGORITHMS: Readonly<Record<string, Check>> = {
  // rsaEncryption
  '2a864886f70d010101': (key, parameters) => {
    if (parameters !== undefined) contentOf(parameters, NULL);
    checkRsa(key);
  },
  // id-ecPublicKey
  '2a8648ce3d0201': (key, parameters) => {
    checkCurve(parameters);
    checkEc(key, parameters);
  },
  // id-Ed25519
  '2b6570': (key) => {
    const [bytes] = readElements(key);
    if (contentOf(bytes, OCTET_STRING).length !== ED25519_KEY) throw new Error('another length');
  },
};

/** RSAPrivateKey (RFC 8017, appendix A.1.2) with two primes and consistent numbers. */
function checkRsa(der: Buffer): void {
  const [version, ...elements] = readSequence(der);
  const numbers = elements.map(readUnsigned);
  const [modulus, exponent] = numbers;
  const longest = modulus?.length ?? 0;
  if (readNumber(version) !== 0 || numbers.length !== 8) throw new Error('another format');
  if (longest > LARGEST_MODULUS || numbers.some(({ length }) => length > longest)) {
    throw new Error('too large');
  }
  if (exponent === undefined || exponent.length > LARGEST_EXPONENT) throw new Error('too large');
  const [n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dp = 0n, dq = 0n, qInverse = 0n] = numbers.map(
    (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`),
  );
  // RFC 8017, section 3.2. A damaged key may still have its certificate's modulus.
  const isInverse = [
    (e * d) % (p - 1n),
    (e * d) % (q - 1n),
    (e * dp) % (p - 1n),
    (e * dq) % (q - 1n),
    (q * qInverse) % p,
  ].every((product) => product === 1n);
  if (n % 2n === 0n || p * q !== n || !isInverse) throw new Error('not consistent');
}

/** ECPrivateKey (RFC 5915) on a named curve, which PKCS#8 stores outside of it. */
function checkEc(der: Buffer, curve: Element | undefined): void {
  const [version, key, ...rest] = readSequence(der);
  const parameters = rest.find(({ tag }) => tag === 0xa0);
  if (parameters !== undefined || curve === undefined) {
    const [inner, ...more] = readElements(contentOf(parameters, 0xa0));
    checkCurve(inner);
    if (more.length > 0) throw new Error('more than a curve');
  }
  if (readNumber(version) !== 1 || rest.length > 2) throw new Error('another format');
  if (contentOf(key, OCTET_STRING).length > LARGEST_EC_KEY) throw new Error('too large');
}

/** Accepts named curves only: verifying explicit parameters would take time. */
function checkCurve(parameters: Element | undefined): void {
  const name = contentOf(parameters, OBJECT_IDENTIFIER);
  if (name.length > LONGEST_CURVE_NAME) throw new Error('not a named curve');
}
