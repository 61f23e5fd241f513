import { randomUUID } from 'node:crypto';
import { link, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import { Secret } from '../secret.ts';
import type { MadeFile, MadeLog } from './journal.ts';

export interface NewFile {
  readonly path: string;
  readonly content: string | Secret;
  readonly mode: number;
  /** whether it exists nowhere else, and has to be on the disk before it counts */
  readonly isOnly?: boolean;
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
  { made, drafts }: { readonly made: MadeLog<MadeFile>; readonly drafts: MadeLog },
): Promise<void> {
  const written: Draft[] = [];
  const placed: string[] = [];
  try {
    const named = files.map((file) => ({
      file,
      draft: path.join(path.dirname(file.path), `.${randomUUID()}.tmp`),
    }));
    await drafts.note(...named.map(({ draft }) => ({ kind: 'file', path: draft }) as const));
    for (const { file, draft } of named) {
      written.push({ file, draft, inode: await write(draft, file) });
    }
    for (const draft of written) {
      await place(draft, made);
      placed.push(draft.file.path);
    }
    await made.note(...placed.map((name) => ({ kind: 'file', path: name }) as const));
  } catch (error) {
    await removeAll(placed);
    throw error;
  } finally {
    await removeAll(written.map(({ draft }) => draft));
  }
}

interface Draft {
  readonly file: NewFile;
  /** the random name that the file has at first */
  readonly draft: string;
  readonly inode: string;
}

/** Makes a file under a name and gives its inode, which `onOpen` learns before the content is there. */
async function write(
  name: string,
  { content, mode, isOnly = false }: NewFile,
  onOpen: (inode: string) => Promise<void> = async () => {},
): Promise<string> {
  const handle = await open(name, 'wx', mode & 0o600);
  try {
    const { ino, mode: actual } = await handle.stat({ bigint: true });
    const inode = String(ino);
    await onOpen(inode);
    if ((Number(actual) & 0o777) !== mode) await handle.chmod(mode);
    await handle.writeFile(content instanceof Secret ? content.reveal() : content);
    if (isOnly) await handle.sync();
    await handle.close();
    return inode;
  } catch (error) {
    await handle.close().catch(() => {});
    await removeAll([name]);
    throw error;
  }
}

/**
 * Gives a finished file its name; unlike a rename, a hard link never replaces what is there. The
 * file is noted by its inode before: killed at any time, it is known, and nobody else's is. Where
 * there are no hard links, the file is written a second time under its name.
 */
async function place({ file, draft, inode }: Draft, made: MadeLog<MadeFile>): Promise<void> {
  const placing = (known: string) => made.note({ kind: 'placing', path: file.path, inode: known });
  try {
    await placing(inode);
    await link(draft, file.path);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error))) throw error;
    await write(file.path, file, placing);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const file of paths) await unlink(file).catch(() => {});
}
