import { X509Certificate } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { readBlocks, writeBlock } from './armour.ts';
import { readPrivateKey } from './private-key.ts';

/** Facts from a certificate. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, `AB:CD:…` */
  readonly fingerprint: string;
  /** nothing if the certificate's date can't be read */
  readonly expiresAt: Date | undefined;
}

/** A private key and its certificate, both PEM with LF line ends. */
export interface KeyPair extends CertificateFacts {
  readonly privateKey: Secret;
  readonly certificate: string;
}

/**
 * Reads a private key and its certificate, which other certificates may follow. Ignores subject,
 * issuer and validity: the service's certificates contain none of the agent's names. Throws
 * `response-invalid` for PEM that can't be parsed or a key that is not accepted, and `key-mismatch` if
 * they don't belong together.
 */
export function readKeyPair(privateKey: Secret, certificate: string): KeyPair {
  const [leaf, ...others] = readCertificates(certificate) ?? [];
  if (leaf === undefined) throw noPem('certificate');
  const key = readPrivateKey(privateKey.reveal());
  if (key === undefined) throw noPem('private key');
  const parsed = new X509Certificate(leaf);
  if (!parsed.checkPrivateKey(key.object)) {
    throw new Failure('key-mismatch', 'The private key does not belong to the certificate.');
  }
  return { privateKey, certificate: `${[leaf, ...others].join('\n')}\n`, ...factsOf(parsed) };
}

function noPem(what: string): Failure {
  return new Failure('response-invalid', `The ${what} in the answer is not a PEM ${what}.`);
}

function factsOf({ fingerprint256, validTo, validToDate }: X509Certificate): CertificateFacts {
  // For an unreadable date, Node returns "Bad time value" as text, but an arbitrary Date.
  const isReadable = !Number.isNaN(Date.parse(validTo));
  return { fingerprint: fingerprint256, expiresAt: isReadable ? validToDate : undefined };
}

/** The facts of the first certificate in a file; nothing if the private key does not belong to it. */
export function readMatchingPair({
  privateKey,
  certificate,
}: Pick<KeyPair, 'privateKey' | 'certificate'>): CertificateFacts | undefined {
  const key = readPrivateKey(privateKey.reveal());
  if (key === undefined || readCertificates(certificate) === undefined) return undefined;
  try {
    // Parses the file unchanged, as clients will.
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(key.object) ? factsOf(parsed) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The certificates in a text, as canonical PEM without a line end; nothing if there is none, or if one
 * can't be parsed.
 */
export function readCertificates(text: string): readonly string[] | undefined {
  const blocks = readBlocks(text).filter(({ label }) => label === 'CERTIFICATE');
  try {
    const certificates = blocks.map(({ label, der }) => {
      const pem = writeBlock(label, der ?? Buffer.of());
      new X509Certificate(pem);
      return pem.trimEnd();
    });
    return certificates.length > 0 ? certificates : undefined;
  } catch {
    // The parser's error may quote what it could not read.
    return undefined;
  }
}
