import 'reflect-metadata';
import { generateKeyPair, type KeyPairKeyObjectResult, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;
/** For servers, where any kind of key will do: these are quick to generate. */
const SERVER_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The names in the service's certificates: no agent is named, and the issuer is a single OU. */
const SUBJECT = [{ CN: ['AWS IoT Certificate'] }];
const ISSUER = [{ OU: ['Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US'] }];
const EXPIRY = new Date('2049-12-31T23:59:59Z');

export interface IssuedPair {
  /** PEM with LF line ends, also at the end; an agent's key is PKCS#1 */
  readonly privateKey: string;
  readonly certificate: string;
}

type Algorithm = typeof ALGORITHM | typeof SERVER_ALGORITHM;

interface KeyPair {
  readonly algorithm: Algorithm;
  readonly privateKeyPem: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

/** Issues RSA-2048 keys and X.509 certificates that look like the service's. */
export class CertificateAuthority {
  /** its own certificate in PEM, with which servers verify client certificates */
  readonly certificate: string;
  readonly #keys: KeyPair;

  private constructor(keys: KeyPair, certificate: string) {
    this.#keys = keys;
    this.certificate = certificate;
  }

  static async create(): Promise<CertificateAuthority> {
    const keys = await makeKeyPair();
    return new CertificateAuthority(keys, await selfSign(keys, ISSUER));
  }

  async issue({ notAfter = EXPIRY }: { readonly notAfter?: Date } = {}): Promise<IssuedPair> {
    const keys = await makeKeyPair();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(16).toString('hex'),
      subject: SUBJECT,
      issuer: ISSUER,
      ...periodUntil(notAfter),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...(await this.#identifiers(keys)),
      ],
    });
    return { privateKey: keys.privateKeyPem, certificate: pemOf(certificate) };
  }

  async #identifiers({ publicKey }: KeyPair): Promise<readonly x509.Extension[]> {
    return [
      await x509.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ];
  }
}

/** A server's host names and IP addresses, and when its certificate is valid: by default, until tomorrow. */
export interface ServerNames {
  readonly names: readonly string[];
  /** two minutes ago, or before its end, if not given */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** A root certificate authority for TLS servers on this machine. */
export class ServerAuthority {
  /** the root certificate for clients to trust, in PEM */
  readonly certificate: string;
  readonly #keys: KeyPair;
  readonly #name: x509.JsonName;

  private constructor(keys: KeyPair, name: x509.JsonName, certificate: string) {
    this.#keys = keys;
    this.#name = name;
    this.certificate = certificate;
  }

  static async create(commonName = 'Sandbox Root CA'): Promise<ServerAuthority> {
    const keys = await makeServerKeyPair();
    const name = [{ CN: [commonName] }];
    return new ServerAuthority(keys, name, await selfSign(keys, name));
  }

  async issueServer({
    names,
    notAfter = tomorrow(),
    notBefore = periodUntil(notAfter).notBefore,
  }: ServerNames): Promise<IssuedPair> {
    const keys = await makeServerKeyPair();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(16).toString('hex'),
      subject: [{ CN: [names[0] ?? 'sandbox'] }],
      issuer: this.#name,
      notBefore,
      notAfter,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: SERVER_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        alternativeNames(names),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
      ],
    });
    return { privateKey: keys.privateKeyPem, certificate: pemOf(certificate) };
  }
}

/** Makes a self-signed certificate for a TLS server on this machine. */
export async function selfSignedServer(names: readonly string[]): Promise<IssuedPair> {
  const keys = await makeKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['sandbox'] }],
    ...periodUntil(tomorrow()),
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    signingAlgorithm: keys.algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      alternativeNames(names),
    ],
  });
  return { privateKey: keys.privateKeyPem, certificate: pemOf(certificate) };
}

/** Makes the self-signed certificate of an authority with these keys, in PEM. */
async function selfSign(keys: KeyPair, name: x509.JsonName): Promise<string> {
  const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex'),
    name,
    notBefore: new Date('2015-01-01T00:00:00Z'),
    notAfter: EXPIRY,
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    signingAlgorithm: keys.algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemOf(certificate);
}

function alternativeNames(names: readonly string[]): x509.SubjectAlternativeNameExtension {
  return new x509.SubjectAlternativeNameExtension(
    names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
  );
}

function tomorrow(): Date {
  return new Date(Date.now() + 24 * 3600_000);
}

/** A validity that began two minutes ago, or two minutes before its end if that has passed. */
function periodUntil(notAfter: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Math.min(Date.now(), notAfter.getTime()) - 120_000), notAfter };
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function makeKeyPair(): Promise<KeyPair> {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const pem = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  return importKeys(keys, pem, ALGORITHM);
}

async function makeServerKeyPair(): Promise<KeyPair> {
  const keys = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return importKeys(keys, pem, SERVER_ALGORITHM);
}

async function importKeys(
  keys: KeyPairKeyObjectResult,
  privateKeyPem: string,
  algorithm: Algorithm,
): Promise<KeyPair> {
  const { subtle } = webcrypto;
  const pkcs8 = keys.privateKey.export({ type: 'pkcs8', format: 'der' });
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  return {
    algorithm,
    privateKeyPem,
    privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
}
