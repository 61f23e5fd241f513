import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { CertificateAuthority, type IssuedPair } from '../../sandbox/insights-hub/authority.ts';
import { Failure } from '../../src/failure.ts';
import { normalisePem } from '../../src/keys/armour.ts';
import { readCertificates, readKeyPair, readMatchingPair } from '../../src/keys/pem.ts';
import { Secret } from '../../src/secret.ts';
import { withUnreadableDate } from '../unreadable-date.ts';

let rsa: IssuedPair;
let otherRsa: IssuedPair;
let ec: IssuedPair;

beforeAll(async () => {
  const authority = await CertificateAuthority.create();
  [rsa, otherRsa, ec] = await Promise.all([authority.issue(), authority.issue(), issueEc()]);
});

async function issueEc(): Promise<IssuedPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['EC'] }],
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date('2024-01-01'),
    notAfter: new Date('2030-05-06T07:08:09Z'),
  });
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  return {
    privateKey: key.export({ type: 'sec1', format: 'pem' }).toString(),
    certificate: `${certificate.toString('pem')}\n`,
  };
}

/** The failure that something throws. */
function failureOf(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('normalisePem', () => {
  const pem = '-----BEGIN X-----\nAAAA\nBBBB\n-----END X-----\n';
  const written: Readonly<Record<string, string>> = {
    'LF line ends': pem,
    'CRLF line ends': pem.replaceAll('\n', '\r\n'),
    'CR line ends': pem.replaceAll('\n', '\r'),
    'escaped LF': pem.replaceAll('\n', '\\n'),
    'escaped CRLF': pem.replaceAll('\n', '\\r\\n'),
    'escaped LF before real ones': pem.replaceAll('\n', '\\n\n'),
    'no last line end': pem.trimEnd(),
    'many last line ends': `${pem}\n\r\n\\n\n`,
    'empty lines before and between': `\n\n${pem.replaceAll('\n', '\n\n')}`,
    'spaces before each line': pem.replaceAll(/^(?=.)/gm, '    '),
    'tabs and spaces around each line': pem.replaceAll(/^(.+)$/gm, '\t $1 \t'),
  };

  test.each(Object.entries(written))('mends %s', (_, text) => {
    expect(normalisePem(text)).toBe(pem);
  });

  test('returns the original for any mixture of line ends and indentation', () => {
    const end = fc.constantFrom('\n', '\r\n', '\r', '\\n', '\\r\\n');
    const blank = fc.stringMatching(/^[ \t]{0,3}$/);
    fc.assert(
      fc.property(fc.infiniteStream(fc.tuple(end, blank)), (ends) => {
        const text = rsa.privateKey.replaceAll('\n', () => ends.next().value?.join('') ?? '\n');
        expect(normalisePem(text)).toBe(rsa.privateKey);
      }),
    );
  });

  test('changes nothing the second time, and leaves one line end at the end', () => {
    const piece = fc.constantFrom(
      '\n',
      '\r',
      '\\n',
      '\\r',
      '\\r\\n',
      'n',
      'r',
      ' ',
      '\t',
      'A',
      '-',
    );
    const plain = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\\', ''));
    const text = fc.array(fc.oneof(piece, plain)).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (given) => {
        const once = normalisePem(given);
        expect(normalisePem(once)).toBe(once);
        expect(once).toMatch(/[^\n]\n$|^\n$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('readKeyPair', () => {
  test('reads an RSA pair, and the fingerprint and expiry of its certificate', () => {
    const key = new Secret(rsa.privateKey);
    const certificate = new X509Certificate(rsa.certificate);
    expect(readKeyPair(key, rsa.certificate)).toEqual({
      privateKey: key,
      certificate: rsa.certificate,
      fingerprint: certificate.fingerprint256,
      expiresAt: new Date('2049-12-31T23:59:59Z'),
    });
    expect(certificate.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(readKeyPair(key, rsa.certificate).privateKey).toBe(key);
  });

  test('reads an EC pair', () => {
    const { expiresAt, certificate } = readKeyPair(new Secret(ec.privateKey), ec.certificate);
    expect(expiresAt).toEqual(new Date('2030-05-06T07:08:09Z'));
    expect(certificate).toBe(ec.certificate);
  });

  test('returns no date for one that can’t be read, whatever Node returns for it', () => {
    const chance = vi.spyOn(X509Certificate.prototype, 'validToDate', 'get');
    chance.mockReturnValue(new Date(0));
    const { expiresAt } = readKeyPair(
      new Secret(rsa.privateKey),
      withUnreadableDate(rsa.certificate),
    );
    chance.mockRestore();
    expect(expiresAt).toBeUndefined();
  });

  test('keeps a chain complete, and drops what is around its certificates', () => {
    const key = new Secret(rsa.privateKey);
    const chain = `${rsa.certificate}${otherRsa.certificate}`;
    const annotated = `Bag Attributes\n${rsa.certificate}subject=CN\n${otherRsa.certificate}end\n`;
    expect(readKeyPair(key, chain).certificate).toBe(chain);
    expect(readKeyPair(key, annotated).certificate).toBe(chain);
  });

  const mismatches: Readonly<Record<string, () => readonly [string, string]>> = {
    'the key of another certificate': () => [otherRsa.privateKey, rsa.certificate],
    "the key of a chain's second certificate": () => [
      otherRsa.privateKey,
      `${rsa.certificate}${otherRsa.certificate}`,
    ],
    'an EC key for an RSA certificate': () => [ec.privateKey, rsa.certificate],
    'an RSA key for an EC certificate': () => [rsa.privateKey, ec.certificate],
  };
  test.each(Object.entries(mismatches))('refuses %s', (_, given) => {
    const [key, certificate] = given();
    const failure = failureOf(() => readKeyPair(new Secret(key), certificate));
    expect(failure.code).toBe('key-mismatch');
    expect(failure.message).toBe('The private key does not belong to the certificate.');
  });

  const armoured = (label: string, body: string) =>
    `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
  const encrypted = (cipher: string, type: 'pkcs1' | 'pkcs8') =>
    createPrivateKey(rsa.privateKey)
      .export({ type, format: 'pem', cipher, passphrase: 'open sesame' })
      .toString();
  const keys: Readonly<Record<string, () => string>> = {
    'an empty key': () => '\n',
    'garbage for a key': () => 'UnreadableButSecret0123456789\n',
    'a key with a body that is not a key': () => armoured('RSA PRIVATE KEY', 'QUFBQQ=='),
    'a key cut short': () => rsa.privateKey.slice(0, 800),
    'an encrypted PKCS#8 key': () => encrypted('aes-256-cbc', 'pkcs8'),
    'an encrypted PKCS#1 key': () => encrypted('aes-128-cbc', 'pkcs1'),
    'a public key for a key': () =>
      createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    'a certificate for a key': () => rsa.certificate,
  };
  test.each(Object.entries(keys))('refuses %s without quoting it', (_, given) => {
    const failure = failureOf(() => readKeyPair(new Secret(given()), rsa.certificate));
    expect(failure.code).toBe('response-invalid');
    expect(failure.message).toBe('The private key in the answer is not a PEM private key.');
    expectSilence(failure, given());
  });

  const certificates: Readonly<Record<string, () => string>> = {
    'an empty certificate': () => '\n',
    'garbage for a certificate': () => 'UnreadableButSecret0123456789\n',
    'a certificate with a body that is not one': () => armoured('CERTIFICATE', 'QUFBQQ=='),
    'a certificate cut short': () => rsa.certificate.slice(0, 600),
    'a public key for a certificate': () =>
      createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    'a private key for a certificate': () => rsa.privateKey,
    'a second certificate that does not parse': () =>
      `${rsa.certificate}${armoured('CERTIFICATE', 'QUFBQQ==')}`,
    'a second certificate that is not base64': () =>
      `${rsa.certificate}${armoured('CERTIFICATE', '!!!!')}`,
  };
  test.each(Object.entries(certificates))('refuses %s without quoting it', (_, given) => {
    const failure = failureOf(() => readKeyPair(new Secret(rsa.privateKey), given()));
    expect(failure.code).toBe('response-invalid');
    expect(failure.message).toBe('The certificate in the answer is not a PEM certificate.');
    expectSilence(failure, given());
  });

  /** A parser's error may quote what it could not read. */
  function expectSilence(failure: Failure, given: string): void {
    const shown = inspect(failure, { depth: 10, showHidden: true });
    for (const line of given.split('\n')) {
      if (line.length >= 16 && !line.startsWith('-----')) expect(shown).not.toContain(line);
    }
  }
});

describe('readMatchingPair', () => {
  const read = (privateKey: string, certificate: string) =>
    readMatchingPair({ privateKey: new Secret(privateKey), certificate });

  test('returns the facts of a certificate that belongs to the key, and nothing else', () => {
    const { fingerprint256: fingerprint } = new X509Certificate(rsa.certificate);
    const facts = { fingerprint, expiresAt: new Date('2049-12-31T23:59:59Z') };
    expect(read(rsa.privateKey, rsa.certificate)).toEqual(facts);
    expect(read(rsa.privateKey, `${rsa.certificate}${otherRsa.certificate}`)).toEqual(facts);
  });

  const broken = '-----BEGIN CERTIFICATE-----\nQUFBQQ==\n-----END CERTIFICATE-----\n';
  const none: Readonly<Record<string, () => unknown>> = {
    'the key of another certificate': () => read(otherRsa.privateKey, rsa.certificate),
    'no key': () => read('', rsa.certificate),
    'no certificate': () => read(rsa.privateKey, ''),
    'a certificate on one line': () => read(rsa.privateKey, rsa.certificate.replaceAll('\n', ' ')),
    'a second certificate that does not parse': () =>
      read(rsa.privateKey, `${rsa.certificate}${broken}`),
  };
  test.each(Object.entries(none))('returns nothing for %s', (_, given) => {
    expect(given()).toBeUndefined();
  });
});

describe('readCertificates', () => {
  const block = () => rsa.certificate.trimEnd();

  test('returns every certificate in a text, and nothing else of it', () => {
    const text = `# the root\n${rsa.privateKey}${rsa.certificate}and\n${otherRsa.certificate}`;
    expect(readCertificates(text)).toEqual([block(), otherRsa.certificate.trimEnd()]);
  });

  test.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads %s line ends', (_, end) => {
    expect(readCertificates(rsa.certificate.replaceAll('\n', end))).toEqual([block()]);
  });

  test.each([
    ['an empty text', () => ''],
    ['a key', () => rsa.privateKey],
    ['a certificate cut short', () => rsa.certificate.slice(0, 600)],
    [
      'one that does not parse beside one that does',
      () => `${rsa.certificate}-----BEGIN CERTIFICATE-----\nQUFBQQ==\n-----END CERTIFICATE-----\n`,
    ],
  ])('returns nothing for %s', (_, given) => {
    expect(readCertificates(given())).toBeUndefined();
  });
});
