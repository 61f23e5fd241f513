import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPublicKey, sealSecret } from '../../src/github/sealed-box.ts';
import { Secret } from '../../src/secret.ts';

/** An ephemeral public key (32) and an authenticator (16). */
const OVERHEAD = 48;

/** Around the blocks of Poly1305 (16), HSalsa20 (32) and Salsa20 (64), up to GitHub's most. */
const SIZES = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 49_152];

interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

let owner: KeyPair;

beforeAll(async () => {
  await sodium.ready;
  owner = sodium.crypto_box_keypair();
});

const seal = (text: string, { publicKey }: KeyPair = owner) =>
  sealSecret(new Secret(text), Buffer.from(publicKey));

/** Opens a box with libsodium, as GitHub does. Throws if it was not sealed for the pair. */
const open = (box: Uint8Array, { publicKey, privateKey }: KeyPair = owner) =>
  Buffer.from(sodium.crypto_box_seal_open(box, publicKey, privateKey));

/** A text of so many bytes. */
const textOf = (size: number) =>
  Array.from(randomBytes(size), (byte) => String.fromCharCode(byte & 0x7f)).join('');

describe('sealSecret', () => {
  test.each(SIZES)('seals %i bytes so that libsodium opens them unchanged', (size) => {
    const text = textOf(size);
    const box = Buffer.from(seal(text), 'base64');
    expect(box.length).toBe(size + OVERHEAD);
    expect(open(box).equals(Buffer.from(text))).toBe(true);
  });

  test('seals any text as its bytes in UTF-8, for any owner', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const anyone = sodium.crypto_box_keypair();
        const bytes = Buffer.from(text);
        const box = Buffer.from(seal(text, anyone), 'base64');
        expect(box.length).toBe(bytes.length + OVERHEAD);
        expect(open(box, anyone).equals(bytes)).toBe(true);
      }),
    );
  });

  test.each(SIZES)('returns the box of %i bytes as standard base64 with padding', (size) => {
    const box = seal(textOf(size));
    expect(box).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    expect(box.length).toBe(Math.ceil((size + OVERHEAD) / 3) * 4);
    expect(box).toBe(Buffer.from(box, 'base64').toString('base64'));
  });

  test('never seals the same text the same way', () => {
    const [one, other] = [seal('text'), seal('text')].map((box) => Buffer.from(box, 'base64'));
    expect(one?.subarray(0, 32)).not.toEqual(other?.subarray(0, 32));
    expect(one?.subarray(32)).not.toEqual(other?.subarray(32));
  });

  test('seals for its owner only', () => {
    const box = Buffer.from(seal('text'), 'base64');
    const other = sodium.crypto_box_keypair();
    expect(() => open(box, other)).toThrow();
    expect(() => open(box, { ...other, publicKey: owner.publicKey })).toThrow();
    expect(() => open(box, { ...owner, publicKey: other.publicKey })).toThrow();
  });

  test('seals so that any change is noticed', () => {
    const box = Buffer.from(seal('text'), 'base64');
    for (const [index, byte] of box.entries()) {
      const changed = Buffer.from(box);
      changed[index] = byte ^ 1;
      expect(() => open(changed)).toThrow();
    }
    expect(open(box).toString()).toBe('text');
  });
});

describe('readPublicKey', () => {
  test('returns the 32 bytes of a key', () => {
    const base64 = Buffer.from(owner.publicKey).toString('base64');
    expect(readPublicKey(base64)?.equals(owner.publicKey)).toBe(true);
  });

  test.each([0, 1, 16, 31, 33, 64])('refuses %i bytes', (size) => {
    expect(readPublicKey(randomBytes(size).toString('base64'))).toBeUndefined();
  });

  test('refuses anything but 32 bytes', () => {
    const other = fc.uint8Array({ maxLength: 80 }).filter(({ length }) => length !== 32);
    fc.assert(
      fc.property(other, (bytes) => {
        expect(readPublicKey(Buffer.from(bytes).toString('base64'))).toBeUndefined();
      }),
    );
  });

  test.each([0, 1])('refuses a point for which there is no private key (%i)', (first) => {
    const point = Buffer.alloc(32);
    point[0] = first;
    expect(readPublicKey(point.toString('base64'))).toBeUndefined();
  });

  test('refuses base64 with anything else in it', () => {
    const base64 = Buffer.from(owner.publicKey).toString('base64');
    expect(readPublicKey(` ${base64}`)).toBeUndefined();
    expect(readPublicKey(base64.replace(/=$/, ''))).toBeUndefined();
  });
});
