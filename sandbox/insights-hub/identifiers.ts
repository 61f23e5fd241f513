import { randomBytes } from 'node:crypto';

/** Crockford's alphabet, without I, L, O and U. */
const BASE_32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE_36 = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A new id for a certificate: a ULID, https://github.com/ulid/spec, for a time in milliseconds. */
export function certificateId(now: number = Date.now()): string {
  let time = '';
  for (let rest = now; time.length < 10; rest = Math.floor(rest / 32)) {
    time = (BASE_32[rest % 32] ?? '') + time;
  }
  return time + randomText(16, BASE_32);
}

/** A new id for an agent or asset: 32 characters, not only hexadecimal ones. */
export function objectId(): string {
  return randomText(32, BASE_36);
}

function randomText(length: number, alphabet: string): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
