import { randomUUID } from 'node:crypto';

/** A new id for a certificate, which looks like a ULID. */
export function certificateId(): string {
  return objectId().slice(0, 26).toUpperCase();
}

/** A new id for an agent or asset. */
export function objectId(): string {
  return randomUUID().replaceAll('-', '');
}
