import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import { Secret } from '../secret.ts';
import type { MadeLog } from './journal.ts';

export interface NewFile {
  readonly path: string;
  readonly content: string | Secret;
  readonly mode: number;
}

/**
 * Makes all the files or none: never over an existing file, never through a link, and never
 * half-written under its own name. Each is written under a random name beside its place first.
 *
 * `drafts` learns of the random names before they are used, `made` of the finished files. Throws
 * the system's error; EEXIST when one of the files is there already.
 */
export async function makeFiles(
  files: readonly NewFile[],
  { made, drafts }: { readonly made: MadeLog; readonly drafts: MadeLog },
): Promise<void> {
  const written: Draft[] = [];
  const placed: string[] = [];
  try {
    for (const file of files) {
      const draft = path.join(path.dirname(file.path), `.${randomUUID()}.tmp`);
      await drafts.record({ kind: 'file', path: draft });
      written.push(await write(draft, file));
    }
    for (const { draft, inode, path: name } of written) {
      // Noted before and after: killed at any time, these files are known, and nobody else's are.
      await made.record({ kind: 'placing', path: name, inode });
      await place(draft, name);
      placed.push(name);
    }
    for (const name of placed) await made.record({ kind: 'file', path: name });
  } catch (error) {
    await removeAll(placed);
    throw error;
  } finally {
    await removeAll(written.map(({ draft }) => draft));
  }
}

interface Draft {
  readonly draft: string;
  readonly path: string;
  readonly inode: string;
}

async function write(draft: string, { path: name, content, mode }: NewFile): Promise<Draft> {
  const handle = await open(draft, 'wx', mode & 0o600);
  try {
    await handle.chmod(mode);
    await handle.writeFile(content instanceof Secret ? content.reveal() : content);
    await handle.sync();
    const { ino } = await handle.stat({ bigint: true });
    return { draft, path: name, inode: String(ino) };
  } catch (error) {
    await removeAll([draft]);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Gives a finished file its name; unlike a rename, a hard link never replaces what is there. */
async function place(draft: string, name: string): Promise<void> {
  try {
    await link(draft, name);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error))) throw error;
    await copyExclusively(draft, name);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);

async function copyExclusively(draft: string, name: string): Promise<void> {
  try {
    await copyFile(draft, name, constants.COPYFILE_EXCL);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') await removeAll([name]);
    throw error;
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const file of paths) await unlink(file).catch(() => {});
}
