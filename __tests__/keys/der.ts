import { createCipheriv, createPrivateKey, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Writes DER: an element with a tag, and what is in it. */
export function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  const shortest = length >= 0x80 && length < 0x100 ? [0x81, length] : bytes;
  return Buffer.concat([Buffer.from([tag, ...shortest]), content]);
}

export const sequence = (...parts: readonly Buffer[]) => element(0x30, ...parts);
export const octets = (...parts: readonly Buffer[]) => element(0x04, ...parts);
export const identifier = (hex: string) => element(0x06, Buffer.from(hex, 'hex'));
export const NULL = element(0x05);

/** An integer that is not negative. */
export function integer(value: bigint | number): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return element(0x02, Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex'));
}

export function armoured(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Object identifiers, in hexadecimal. */
export const NAMES = {
  rsaEncryption: '2a864886f70d010101',
  rsaPss: '2a864886f70d01010a',
  dsa: '2a8648ce380401',
  ecPublicKey: '2a8648ce3d0201',
  primeField: '2a8648ce3d0101',
  p256: '2a8648ce3d030107',
  ed25519: '2b6570',
  ed448: '2b6571',
  pbes2: '2a864886f70d01050d',
  pbkdf2: '2a864886f70d01050c',
  scrypt: '2b06010401da47040b',
  hmacSha256: '2a864886f70d0209',
  aes256: '60864801650304012a',
} as const;

/** PKCS#8 of an algorithm. */
export const pkcs8 = (algorithm: Buffer, key: Buffer) =>
  sequence(integer(0), algorithm, octets(key));

/** A DSA key with numbers of so many bytes, over which OpenSSL would take minutes. */
export function dsaKey(bytes: number): string {
  const number = (end: number) => integer((1n << BigInt(8 * bytes - 2)) + BigInt(end));
  const parameters = sequence(number(1), number(3), number(5));
  return armoured('PRIVATE KEY', pkcs8(sequence(identifier(NAMES.dsa), parameters), number(7)));
}

/** A key that says it was encrypted with so many rounds. */
export function encryptedKey(rounds: number | bigint, derivation: string = NAMES.pbkdf2): string {
  const [salt, iv] = [Buffer.alloc(16, 7), Buffer.alloc(16, 9)];
  return encryptedInfo({ rounds, derivation, salt, iv, data: Buffer.alloc(1232, 5) });
}

/** A key that was encrypted with so many rounds. */
export function encryptWith(pem: string, passphrase: string, rounds: number): string {
  const [salt, iv] = [randomBytes(16), randomBytes(16)];
  const cipher = createCipheriv(
    'aes-256-cbc',
    pbkdf2Sync(passphrase, salt, rounds, 32, 'sha256'),
    iv,
  );
  const plain = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  return encryptedInfo({ rounds, derivation: NAMES.pbkdf2, salt, iv, data });
}

interface Encrypted {
  readonly rounds: number | bigint;
  readonly derivation: string;
  readonly salt: Buffer;
  readonly iv: Buffer;
  readonly data: Buffer;
}

/** EncryptedPrivateKeyInfo (RFC 5958), with PBES2 (RFC 8018). */
function encryptedInfo({ rounds, derivation, salt, iv, data }: Encrypted): string {
  const prf = sequence(identifier(NAMES.hmacSha256), NULL);
  const parameters = sequence(octets(salt), integer(rounds), prf);
  const schemes = sequence(
    sequence(identifier(derivation), parameters),
    sequence(identifier(NAMES.aes256), octets(iv)),
  );
  const algorithm = sequence(identifier(NAMES.pbes2), schemes);
  return armoured('ENCRYPTED PRIVATE KEY', sequence(algorithm, octets(data)));
}
