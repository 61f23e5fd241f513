import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { asObject } from '../json.ts';
import { readRegularFile } from './regular-file.ts';

/**
 * Tells a file or directory from any other one that may replace it. An inode alone does not: a file
 * system reuses the number of a deleted file.
 */
export interface Identity {
  readonly device: string;
  readonly inode: string;
  /** the time of birth in nanoseconds; `0` if the file system has none */
  readonly born: string;
  /** the content of a file, for file systems without a time of birth; none for a directory */
  readonly content?: { readonly bytes: number; readonly sha256: string };
}

export function identityOf(found: BigIntStats, content?: string): Identity {
  const { dev, ino, birthtimeNs } = found;
  const identity = { device: String(dev), inode: String(ino), born: String(birthtimeNs) };
  if (content === undefined) return identity;
  return { ...identity, content: { bytes: Buffer.byteLength(content), sha256: digest(content) } };
}

/** Whether this very file or directory is at a path. Throws the system's error. */
export async function isAt(file: string, wanted: Identity): Promise<boolean> {
  const found = await lstat(file, { bigint: true });
  const { device, inode, born } = identityOf(found);
  const isSameInode = device === wanted.device && inode === wanted.inode;
  if (found.birthtimeNs !== 0n && isSameInode && born === wanted.born) return true;
  const { content } = wanted;
  if (content === undefined) return found.birthtimeNs === 0n && wanted.born === '0' && isSameInode;
  // Without a time of birth, Node may give the time of the last change instead.
  const isKnown = found.birthtimeNs !== 0n && found.birthtimeNs !== found.ctimeNs;
  if (isKnown || !found.isFile() || found.size !== BigInt(content.bytes)) return false;
  return digest(await readRegularFile(file, { most: content.bytes })) === content.sha256;
}

export function isIdentity(value: unknown): value is Identity {
  const { device, inode, born, content } = asObject(value) ?? {};
  const areNumbers = [device, inode, born].every(
    (one) => typeof one === 'string' && /^-?\d{1,24}$/.test(one),
  );
  if (!areNumbers || content === undefined) return areNumbers;
  const { bytes, sha256 } = asObject(content) ?? {};
  return Number.isSafeInteger(bytes) && Number(bytes) >= 0 && typeof sha256 === 'string';
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
