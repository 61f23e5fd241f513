import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPrivateKey } from '../../src/keys/private-key.ts';
import {
  armoured,
  dsaKey,
  element,
  identifier,
  integer,
  NAMES,
  NULL,
  octets,
  pkcs8,
  sequence,
} from './der.ts';

const RSA = 'RSA PRIVATE KEY';
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pemOf = (object: typeof rsa, type: 'pkcs1' | 'sec1' | 'pkcs8') =>
  object.export({ type, format: 'pem' }).toString();
const derOf = (object: typeof rsa, type: 'pkcs1' | 'sec1' | 'pkcs8') =>
  Buffer.from(pemOf(object, type).replace(/-----.*-----/g, ''), 'base64');

/** The numbers of an RSA key, in the order of PKCS#1. */
const NUMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;
type Numbers = Readonly<Record<(typeof NUMBERS)[number], bigint>>;

const jwk = rsa.export({ format: 'jwk' });
const numbers = Object.fromEntries(
  NUMBERS.map((name) => [
    name,
    BigInt(`0x${Buffer.from(String(jwk[name]), 'base64url').toString('hex')}`),
  ]),
) as Numbers;

/** PKCS#1 of the key with other numbers. */
const rsaWith = (more: Partial<Numbers>, version = 0) => {
  const all = { ...numbers, ...more };
  return sequence(integer(version), ...NUMBERS.map((name) => integer(all[name])));
};

const large = (bytes: number, end = 1) => (1n << BigInt(8 * bytes - 1)) + BigInt(end);
const rsaAlgorithm = sequence(identifier(NAMES.rsaEncryption), NULL);
const ecAlgorithm = sequence(identifier(NAMES.ecPublicKey), identifier(NAMES.p256));
const scalar = octets(Buffer.alloc(32, 7));

/** Parameters of a curve that are spelled out (RFC 3279, section 2.3.5). */
const explicitCurve = (bytes: number) =>
  sequence(
    integer(1),
    sequence(identifier(NAMES.primeField), integer(large(bytes))),
    sequence(octets(Buffer.alloc(bytes, 3)), octets(Buffer.alloc(bytes, 5))),
    octets(Buffer.of(4), Buffer.alloc(2 * bytes, 2)),
    integer(large(bytes, 9)),
    integer(1),
  );

describe('a private key is read', () => {
  const kinds: Readonly<Record<string, readonly [string, number]>> = {
    'RSA, PKCS#1': [pemOf(rsa, 'pkcs1'), 2],
    'RSA, PKCS#8': [pemOf(rsa, 'pkcs8'), 2],
    'EC, SEC1': [pemOf(ec, 'sec1'), 2],
    'EC, PKCS#8': [pemOf(ec, 'pkcs8'), 2],
    'Ed25519, PKCS#8': [pemOf(generateKeyPairSync('ed25519').privateKey, 'pkcs8'), 1],
    ...Object.fromEntries(
      ['P-384', 'P-521', 'secp256k1', 'brainpoolP512r1'].map((namedCurve) => [
        namedCurve,
        [pemOf(generateKeyPairSync('ec', { namedCurve }).privateKey, 'sec1'), 2] as const,
      ]),
    ),
  };
  test.each(Object.entries(kinds))('%s', (_, [pem, forms]) => {
    const key = readPrivateKey(pem);
    expect(key?.pem).toBe(pem);
    expect(key?.object.equals(createPrivateKey(pem))).toBe(true);
    expect(key?.forms).toHaveLength(forms);
    expect(key?.forms).toContain(pem);
  });

  test('with numbers that are encoded as before', () => {
    expect(readPrivateKey(armoured(RSA, rsaWith({})))?.pem).toBe(pemOf(rsa, 'pkcs1'));
  });

  test('with exponents that are inverse in another way', () => {
    const d = numbers.d + (numbers.p - 1n) * (numbers.q - 1n);
    if (d >= numbers.n) return;
    expect(readPrivateKey(armoured(RSA, rsaWith({ d })))).toBeDefined();
  });

  test('with attributes, and without the parameters of RSA', () => {
    const key = octets(derOf(rsa, 'pkcs1'));
    const bare = sequence(identifier(NAMES.rsaEncryption));
    const der = sequence(integer(0), bare, key, element(0xa0));
    expect(readPrivateKey(armoured('PRIVATE KEY', der))).toBeDefined();
  });
});

describe('a private key is refused immediately', () => {
  const der = derOf(rsa, 'pkcs1');
  const refused: Readonly<Record<string, () => string>> = {
    'of 2,700 bytes for DSA': () => dsaKey(2700),
    'for DSA in its older format': () => armoured('DSA PRIVATE KEY', sequence(integer(0))),
    'for Ed448': () => pemOf(generateKeyPairSync('ed448').privateKey, 'pkcs8'),
    'for X25519': () => pemOf(generateKeyPairSync('x25519').privateKey, 'pkcs8'),
    'for RSA-PSS': () =>
      armoured('PRIVATE KEY', pkcs8(sequence(identifier(NAMES.rsaPss)), derOf(rsa, 'pkcs1'))),
    'with an unknown label': () => armoured('ANY PRIVATE KEY', derOf(rsa, 'pkcs8')),
    'with the label of another format': () => armoured('PRIVATE KEY', derOf(rsa, 'pkcs1')),
    'with a modulus of more than 16,384 bits': () => armoured(RSA, rsaWith({ n: large(2049) })),
    'with an exponent of more than 256 bits': () => armoured(RSA, rsaWith({ e: large(33) })),
    'with a number larger than its modulus': () => armoured(RSA, rsaWith({ d: large(1500) })),
    'with an even modulus': () => armoured(RSA, rsaWith({ n: numbers.n - 1n })),
    'with primes of another modulus': () => armoured(RSA, rsaWith({ n: numbers.n - 2n })),
    'with primes of 0': () => armoured(RSA, rsaWith({ n: 1n, p: 0n, q: 0n })),
    'with a prime of 1': () => armoured(RSA, rsaWith({ p: 1n, q: numbers.n })),
    ...Object.fromEntries(
      (['e', 'd', 'dp', 'dq', 'qi'] as const).map((name) => [
        `with another ${name}`,
        () => armoured(RSA, rsaWith({ [name]: numbers[name] + 2n })),
      ]),
    ),
    'with three primes': () => armoured(RSA, rsaWith({}, 1)),
    'with a number too many': () => armoured(RSA, sequence(der.subarray(4), integer(5))),
    'with a negative number': () =>
      armoured(RSA, sequence(integer(0), ...NUMBERS.map(() => element(2, Buffer.of(0x80))))),
    'with bytes after it': () => armoured(RSA, Buffer.concat([der, NULL])),
    'with a length that is too long': () =>
      armoured(RSA, Buffer.concat([Buffer.of(0x30, 0x83, 0), der.subarray(2)])),
    'with a length that is open': () =>
      armoured(RSA, Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(4), Buffer.of(0, 0)])),
    'with a length of many bytes': () => armoured(RSA, Buffer.of(0x30, 0xff, 1, 1, 1, 1)),
    'on a curve that is spelled out, as PKCS#8': () => {
      const algorithm = sequence(identifier(NAMES.ecPublicKey), explicitCurve(2000));
      return armoured('PRIVATE KEY', pkcs8(algorithm, sequence(integer(1), scalar)));
    },
    'on a curve that is spelled out, as SEC1': () =>
      armoured('EC PRIVATE KEY', sequence(integer(1), scalar, element(0xa0, explicitCurve(2000)))),
    'on a curve that is spelled out within PKCS#8': () => {
      const key = sequence(integer(1), scalar, element(0xa0, explicitCurve(80)));
      return armoured('PRIVATE KEY', pkcs8(ecAlgorithm, key));
    },
    'on no curve': () => armoured('EC PRIVATE KEY', sequence(integer(1), scalar)),
    'with 10,000 bytes on a small curve': () => {
      const key = sequence(integer(1), octets(Buffer.alloc(10_000, 7)));
      return armoured('PRIVATE KEY', pkcs8(ecAlgorithm, key));
    },
    'with 72 bytes on a small curve': () => {
      const key = sequence(integer(1), octets(Buffer.alloc(72, 7)));
      return armoured('PRIVATE KEY', pkcs8(ecAlgorithm, key));
    },
    'for Ed25519 with 33 bytes': () => {
      const key = octets(Buffer.alloc(33, 7));
      return armoured('PRIVATE KEY', pkcs8(sequence(identifier(NAMES.ed25519)), key));
    },
    'with an unknown part': () =>
      armoured('PRIVATE KEY', sequence(integer(0), rsaAlgorithm, octets(der), NULL)),
    'of one character, over and over': () =>
      `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(16_000)}\n-----END PRIVATE KEY-----\n`,
    'of two characters, over and over': () =>
      `-----BEGIN RSA PRIVATE KEY-----\n${'Aa'.repeat(8000)}\n-----END RSA PRIVATE KEY-----\n`,
    'of more than 16 KiB': () => `${' '.repeat(16 * 1024)}${pemOf(rsa, 'pkcs1')}`,
    'beside another': () => `${pemOf(rsa, 'pkcs1')}${pemOf(ec, 'sec1')}`,
    'that is encrypted': () =>
      rsa
        .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'sesame' })
        .toString(),
  };
  test.each(Object.entries(refused))('%s', (_, write) => {
    const pem = write();
    const started = process.cpuUsage();
    expect(readPrivateKey(pem)).toBeUndefined();
    const { user, system } = process.cpuUsage(started);
    // Of this process, whatever else the machine does; in microseconds.
    expect(user + system).toBeLessThan(1_000_000);
  });

  test('whatever bytes it has', () => {
    const good = derOf(rsa, 'pkcs8');
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const key = readPrivateKey(armoured('PRIVATE KEY', bytes));
        if (key !== undefined) expect(key.object.equals(rsa)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
