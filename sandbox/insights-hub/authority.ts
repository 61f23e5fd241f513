import 'reflect-metadata';
import { generateKeyPair, randomBytes, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** Names as the service's certificates bear them: nothing of the agent, the issuer in one OU. */
const SUBJECT = [{ CN: ['AWS IoT Certificate'] }];
const ISSUER = [{ OU: ['Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US'] }];
const EXPIRY = new Date('2049-12-31T23:59:59Z');

export interface IssuedPair {
  /** PKCS#1 PEM, LF line ends, one at the end */
  readonly privateKey: string;
  readonly certificate: string;
}

interface KeyPair {
  readonly privateKeyPem: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

/** Issues real RSA-2048 keys and X.509 certificates that look like those of the service. */
export class CertificateAuthority {
  readonly #keys: KeyPair;

  private constructor(keys: KeyPair) {
    this.#keys = keys;
  }

  static async create(): Promise<CertificateAuthority> {
    return new CertificateAuthority(await makeKeyPair());
  }

  async issue({ notAfter = EXPIRY }: { readonly notAfter?: Date } = {}): Promise<IssuedPair> {
    const keys = await makeKeyPair();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(16).toString('hex'),
      subject: SUBJECT,
      issuer: ISSUER,
      notBefore: new Date(Math.min(Date.now(), notAfter.getTime()) - 120_000),
      notAfter,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ],
    });
    return { privateKey: keys.privateKeyPem, certificate: `${certificate.toString('pem')}\n` };
  }
}

/** A certificate for a TLS server on this machine that vouches for itself. */
export async function selfSignedServer(names: readonly string[]): Promise<IssuedPair> {
  const keys = await makeKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['sandbox'] }],
    notBefore: new Date(Date.now() - 120_000),
    notAfter: new Date(Date.now() + 24 * 3600_000),
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
      ),
    ],
  });
  return { privateKey: keys.privateKeyPem, certificate: `${certificate.toString('pem')}\n` };
}

async function makeKeyPair(): Promise<KeyPair> {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { subtle } = webcrypto;
  const pkcs8 = keys.privateKey.export({ type: 'pkcs8', format: 'der' });
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKeyPem: keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    privateKey: await subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']),
    publicKey: await subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  };
}
