import { randomUUID } from 'node:crypto';

/** The id of a certificate, which looks like a ULID. */
export function certificateId(): string {
  return objectId().slice(0, 26).toUpperCase();
}

/** The id of an agent or asset. */
export function objectId(): string {
  return randomUUID().replaceAll('-', '');
}
