import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { Secret } from '../secret.ts';

const KEY_LENGTH = 32;
const NONCE_LENGTH = 24;

/** The constants of Salsa20 with keys of 32 bytes. */
const SIGMA = Buffer.from('expand 32-byte k');

/** Reads an X25519 public key of 32 bytes. Returns nothing for a key that can't be used. */
export function readPublicKey(base64: string): Buffer | undefined {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_LENGTH || key.toString('base64') !== base64) return undefined;
  try {
    // Some points of the curve are not valid keys. OpenSSL refuses them only when they are used.
    sealSecret(new Secret('trial'), key);
    return key;
  } catch {
    return undefined;
  }
}

/**
 * Seals a secret for the owner of a public key, as libsodium's `crypto_box_seal` does: an ephemeral
 * key, then `crypto_box` (X25519, HSalsa20, XSalsa20-Poly1305) with BLAKE2b of both public keys as
 * nonce. Returns base64.
 */
export function sealSecret(secret: Secret, publicKey: Buffer): string {
  // JSON Web Keys (RFC 8037).
  const x = publicKey.toString('base64url');
  const recipient = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const ephemeral = generateKeyPairSync('x25519');
  const exported = ephemeral.publicKey.export({ format: 'jwk' });
  const ephemeralPublic = Buffer.from(exported.x ?? '', 'base64url');
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const key = deriveKey(shared);
  const nonce = blake2b(Buffer.concat([ephemeralPublic, publicKey]), { dkLen: NONCE_LENGTH });
  const box = xsalsa20poly1305(key, nonce).encrypt(Buffer.from(secret.reveal()));
  shared.fill(0);
  key.fill(0);
  return Buffer.concat([ephemeralPublic, box]).toString('base64');
}

/** HSalsa20 of the shared secret with a nonce of zeros. */
function deriveKey(shared: Buffer): Uint8Array {
  const words = new Uint32Array(KEY_LENGTH / 4);
  hsalsa(wordsOf(SIGMA), wordsOf(shared), new Uint32Array(4), words);
  return new Uint8Array(words.buffer);
}

/** 32-bit words from a copy, whose memory is aligned for them. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
