import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { Secret } from '../secret.ts';

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, `AB:CD:…` */
  readonly fingerprint: string;
  /** nothing when the certificate's date can't be read */
  readonly expiresAt: Date | undefined;
}

/** A private key and the certificate of its public half, both PEM with LF line ends. */
export interface KeyPair extends CertificateFacts {
  readonly privateKey: Secret;
  readonly certificate: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----/g;

/** PEM with LF line ends. In JSON they may be CRLF, or escaped twice (a backslash and an n). */
export function normalisePem(text: string): string {
  const lines = text
    .replace(/\\r\\n|\\r|\\n|\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return `${lines.join('\n')}\n`;
}

/**
 * Reads a normalised private key and certificate. Subject, issuer and validity don't matter: the
 * service's certificates carry none of the agent's names. Throws `response-invalid` for PEM that
 * does not parse, and `key-mismatch` when they don't belong together.
 */
export function readKeyPair(privateKey: Secret, certificate: string): KeyPair {
  const blocks = certificate.match(CERTIFICATE) ?? [];
  const leaf = parse('certificate', () => new X509Certificate(blocks[0] ?? ''));
  const key = parse('private key', () => createPrivateKey(privateKey.reveal()));
  if (!leaf.checkPrivateKey(key)) {
    throw new Failure('key-mismatch', "The private key is not the certificate's.");
  }
  return { privateKey, certificate: `${blocks.join('\n')}\n`, ...factsOf(leaf) };
}

/** Drops the parser's own error: it may quote what it could not read. */
function parse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new Failure('response-invalid', `The ${what} in the answer is no PEM ${what}.`);
  }
}

function factsOf({ fingerprint256, validTo, validToDate }: X509Certificate): CertificateFacts {
  // For a date that can't be read, Node gives "Bad time value" as text, but some date as a Date.
  const isReadable = !Number.isNaN(Date.parse(validTo));
  return { fingerprint: fingerprint256, expiresAt: isReadable ? validToDate : undefined };
}

/** The facts of a certificate whose private key it is, encrypted if there is a passphrase. */
export function readMatchingPair(
  { privateKey, certificate }: Pick<KeyPair, 'privateKey' | 'certificate'>,
  passphrase: Secret | undefined,
): CertificateFacts | undefined {
  try {
    const leaf = new X509Certificate(certificate);
    const pem = privateKey.reveal();
    // OpenSSL ignores a passphrase that is not needed.
    if (passphrase !== undefined && !pem.includes('ENCRYPTED')) return undefined;
    const key = createPrivateKey({ key: pem, passphrase: passphrase?.reveal() });
    return leaf.checkPrivateKey(key) ? factsOf(leaf) : undefined;
  } catch {
    return undefined;
  }
}

/** The certificates in a text, as PEM; nothing if there is none, or one that does not parse. */
export function readCertificates(text: string): readonly string[] | undefined {
  const blocks = text.replace(/\r\n?/g, '\n').match(CERTIFICATE) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return undefined;
  }
  return blocks.length > 0 ? blocks : undefined;
}

/** The same key as encrypted PKCS#8 PEM (RFC 5958), for `keepPrivateKey()`, which masks it. */
export function encryptPrivateKey(privateKey: Secret, passphrase: Secret): string {
  const encrypted = createPrivateKey(privateKey.reveal()).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: passphrase.reveal(),
  });
  return encrypted.toString();
}
