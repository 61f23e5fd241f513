import { randomBytes } from 'node:crypto';

/** The id of a certificate, which looks like a ULID. */
export function certificateId(): string {
  return identifier(26, '0123456789ABCDEFGHJKMNPQRSTVWXYZ');
}

/** The id of an agent or asset. */
export function objectId(): string {
  return identifier(32, '0123456789abcdefghijklmnopqrstuvwxyz');
}

function identifier(length: number, alphabet: string): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
