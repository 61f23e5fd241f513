import {
  closeSync,
  fchmodSync,
  fstatSync,
  linkSync,
  openSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import { Secret } from '../secret.ts';
import type { Drafts } from './drafts.ts';
import type { MadeFile, MadeLog } from './journal.ts';

export interface NewFile {
  readonly path: string;
  readonly content: string | Secret;
  readonly mode: number;
}

/** Who learns of files. */
export interface FileLogs {
  /** of those that the post step is to remove */
  readonly made: MadeLog<MadeFile>;
  /** of half-written ones, which are to go in any case */
  readonly drafts: Drafts;
}

/**
 * Makes all the files or none: never over an existing file, never through a link, and never
 * half-written under its own name. Each is written under the name of a draft beside its place first.
 * Nothing waits for the disk: what a power failure takes, the job is gone with. All is done without
 * a break: agents that come between are done later, and then all of them finish late.
 *
 * `made` learns of the finished files. Throws the system's error; EEXIST when one of the files is
 * there already.
 */
export function makeFiles(files: readonly NewFile[], { made, drafts }: FileLogs): void {
  const written: Draft[] = [];
  const placed: string[] = [];
  try {
    for (const file of files) {
      const draft = drafts.nameIn(path.dirname(file.path));
      written.push({ file, draft, inode: write(draft, file) });
    }
    for (const draft of written) {
      place(draft, made);
      placed.push(draft.file.path);
    }
    made.note(...placed.map((name) => ({ kind: 'file', path: name }) as const));
  } catch (error) {
    removeAll(placed);
    throw error;
  } finally {
    removeAll(written.map(({ draft }) => draft));
  }
}

interface Draft {
  readonly file: NewFile;
  /** the name that the file has at first */
  readonly draft: string;
  readonly inode: string;
}

/** Makes a file under a name and gives its inode, which `onOpen` learns before the content is there. */
function write(name: string, file: NewFile, onOpen: (inode: string) => void = () => {}): string {
  const descriptor = openSync(name, 'wx', file.mode & 0o600);
  try {
    try {
      return fill(descriptor, file, onOpen);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    removeAll([name]);
    throw error;
  }
}

function fill(
  descriptor: number,
  { content, mode }: NewFile,
  onOpen: (inode: string) => void,
): string {
  const { ino, mode: actual } = fstatSync(descriptor, { bigint: true });
  const inode = String(ino);
  onOpen(inode);
  if ((Number(actual) & 0o777) !== mode) fchmodSync(descriptor, mode);
  writeFileSync(descriptor, content instanceof Secret ? content.reveal() : content);
  return inode;
}

/**
 * Gives a finished file its name; unlike a rename, a hard link never replaces what is there. The
 * file is noted by its inode before: killed at any time, it is known, and nobody else's is. Where
 * there are no hard links, the file is written a second time under its name.
 */
function place({ file, draft, inode }: Draft, made: MadeLog<MadeFile>): void {
  const placing = (known: string) => made.note({ kind: 'placing', path: file.path, inode: known });
  try {
    placing(inode);
    linkSync(draft, file.path);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error))) throw error;
    write(file.path, file, placing);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);

function removeAll(paths: readonly string[]): void {
  for (const file of paths) {
    try {
      unlinkSync(file);
    } catch {
      // It was not there, or can't go: the journal knows it.
    }
  }
}
