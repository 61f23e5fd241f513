import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Failure } from '../failure.ts';
import { Secret } from '../secret.ts';

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

/**
 * PEM as it should have arrived: LF line ends, one at the end. In a JSON answer line ends may be
 * escaped a second time (backslash and n as two characters) or CRLF.
 */
export function normalisePem(text: string): string {
  const lines = text
    .replace(/\\r\\n|\\r|\\n|\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return `${lines.join('\n')}\n`;
}

/**
 * Reads a normalised private key and certificate, and checks that they belong together.
 *
 * Nothing is asked of subject, issuer or validity: the service's certificates carry none of the
 * agent's names. Throws `response-invalid` for PEM that does not parse, `key-mismatch` for a key
 * of another certificate.
 */
export function readKeyPair(privateKey: Secret, certificate: string): KeyPair {
  const blocks = certificate.match(CERTIFICATE) ?? [];
  const leaf = parseCertificate(blocks[0] ?? '');
  const key = parsePrivateKey(privateKey.reveal());
  if (!leaf.checkPrivateKey(key)) {
    throw new Failure('key-mismatch', "The private key is not the certificate's.");
  }
  return {
    privateKey,
    certificate: `${blocks.join('\n')}\n`,
    ...factsOf(leaf),
  };
}

function factsOf({ fingerprint256, validTo, validToDate }: X509Certificate): CertificateFacts {
  // Of a date that can't be read, Node gives "Bad time value" as text, and as a date any there is.
  const isReadable = !Number.isNaN(Date.parse(validTo));
  return { fingerprint: fingerprint256, expiresAt: isReadable ? validToDate : undefined };
}

/**
 * The facts of a certificate when the private key is its key, and encrypted if there is a passphrase;
 * else nothing.
 */
export function readMatchingPair(
  { privateKey, certificate }: Pick<KeyPair, 'privateKey' | 'certificate'>,
  passphrase: Secret | undefined,
): CertificateFacts | undefined {
  try {
    const leaf = new X509Certificate(certificate);
    const pem = privateKey.reveal();
    // OpenSSL takes no notice of a passphrase that is not needed.
    if (passphrase !== undefined && !pem.includes('ENCRYPTED')) return undefined;
    const key = createPrivateKey({
      key: pem,
      ...(passphrase && { passphrase: passphrase.reveal() }),
    });
    return leaf.checkPrivateKey(key) ? factsOf(leaf) : undefined;
  } catch {
    return undefined;
  }
}

/** The certificates that a text holds, as PEM; nothing when it holds none, or one that does not parse. */
export function readCertificates(text: string): readonly string[] | undefined {
  const blocks = text.replace(/\r\n?/g, '\n').match(CERTIFICATE) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return undefined;
  }
  return blocks.length > 0 ? blocks : undefined;
}

/** The same private key as PKCS#8 PEM (RFC 5958), encrypted with AES-256 under the passphrase. */
export function encryptPrivateKey(privateKey: Secret, passphrase: Secret): Secret {
  const encrypted = createPrivateKey(privateKey.reveal()).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: passphrase.reveal(),
  });
  return new Secret(encrypted.toString());
}

// The parsers' own errors are dropped: they may quote what they could not read.

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Failure('response-invalid', 'The certificate in the answer is no PEM certificate.');
  }
}

function parsePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Failure('response-invalid', 'The private key in the answer is no PEM private key.');
  }
}
