import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';

const KEY_ID = 'key-id-1';
const HEADER = { alg: 'RS256', kid: KEY_ID, typ: 'JWT' };

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Signs tokens (JWT, https://www.rfc-editor.org/rfc/rfc7519) with RS256. */
export class TokenSigner {
  static #shared: Promise<TokenSigner> | undefined;
  readonly #keys: KeyPair;

  private constructor(keys: KeyPair) {
    this.#keys = keys;
  }

  /** The signer of this process. Its key is created on first use, because that takes a while. */
  static shared(): Promise<TokenSigner> {
    TokenSigner.#shared ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(
      (keys) => new TokenSigner(keys),
    );
    return TokenSigner.#shared;
  }

  /** The public key as `GET /token_keys` has it: as a JWK that also contains the key in PEM. */
  get publicKey() {
    const { publicKey } = this.#keys;
    const { n, e } = publicKey.export({ format: 'jwk' });
    const value = publicKey.export({ type: 'spki', format: 'pem' }).toString().trimEnd();
    return { kty: 'RSA', e, use: 'sig', kid: KEY_ID, alg: 'RS256', value, n };
  }

  sign(claims: Readonly<Record<string, unknown>>): string {
    const text = [HEADER, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(text), this.#keys.privateKey);
    return `${text}.${signature.toString('base64url')}`;
  }
}
