import { X509Certificate } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { Secret } from '../secret.ts';
import { readBlocks, writeBlock } from './armour.ts';
import { readPrivateKey } from './private-key.ts';

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

/**
 * Reads a private key and its certificate, which others may follow. Subject, issuer and validity
 * don't matter: the service's certificates carry none of the agent's names. Throws
 * `response-invalid` for PEM that does not parse, or a key that is not accepted, and `key-mismatch`
 * when they don't belong together.
 */
export function readKeyPair(privateKey: Secret, certificate: string): KeyPair {
  const [leaf, ...others] = readCertificates(certificate) ?? [];
  if (leaf === undefined) throw noPem('certificate');
  const key = readPrivateKey(privateKey.reveal());
  if (key === undefined) throw noPem('private key');
  const parsed = new X509Certificate(leaf);
  if (!parsed.checkPrivateKey(key.object)) {
    throw new Failure('key-mismatch', "The private key is not the certificate's.");
  }
  return { privateKey, certificate: `${[leaf, ...others].join('\n')}\n`, ...factsOf(parsed) };
}

function noPem(what: string): Failure {
  return new Failure('response-invalid', `The ${what} in the answer is no PEM ${what}.`);
}

function factsOf({ fingerprint256, validTo, validToDate }: X509Certificate): CertificateFacts {
  // For a date that can't be read, Node gives "Bad time value" as text, but some date as a Date.
  const isReadable = !Number.isNaN(Date.parse(validTo));
  return { fingerprint: fingerprint256, expiresAt: isReadable ? validToDate : undefined };
}

/** The facts of a certificate from a file that holds it first, if this is its private key. */
export function readMatchingPair({
  privateKey,
  certificate,
}: Pick<KeyPair, 'privateKey' | 'certificate'>): CertificateFacts | undefined {
  const key = readPrivateKey(privateKey.reveal());
  if (key === undefined || readCertificates(certificate) === undefined) return undefined;
  try {
    // As it is, because it stays so: clients have to be able to read it, too.
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(key.object) ? factsOf(parsed) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The certificates in a text, as canonical PEM without a line end; nothing if there is none, or one
 * that does not parse.
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
    // The parser's own error may quote what it could not read.
    return undefined;
  }
}
