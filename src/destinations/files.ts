import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { Secret } from '../secret.ts';
import { type MadeFile, type MadeLog, noLog } from './journal.ts';

/** Leaves room for an extension and a suffix within the 255 bytes of common file systems. */
const LONGEST_NAME = 128;

/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\xb2\xb3\xb9])(?= *(\.|$))/i;

/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);

export interface NewFile {
  readonly path: string;
  readonly content: string | Secret;
  readonly mode: number;
  /** whether other steps may use it, too */
  readonly isShared?: boolean;
}

/** The directory for the files, and the workspace that bounds what is checked and made. */
export interface Place {
  readonly directory: string;
  readonly workspace: string;
}

export interface FileLogs {
  /** Learns of what the post step is to remove. */
  readonly made: MadeLog;
  /** Returns a free name in a directory, for a file that is to go with the job in any case. */
  readonly temporary: (directory: string) => string;
}

/**
 * Reads a regular file of at most `most` bytes. A pipe or a device would block for ever, so it is
 * refused before anything is read. Throws the system's error, or one with a code of its kind: ELOOP
 * for a link unless `followLinks` is set, EFTYPE for what is no regular file, EFBIG for a larger one.
 */
export async function readRegularFile(
  file: string,
  { most, followLinks = false }: { readonly most: number; readonly followLinks?: boolean },
): Promise<Buffer> {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = fs.constants;
  // Windows can't refuse links when it opens a file.
  if (!followLinks && (await lstat(file)).isSymbolicLink()) throw systemError('ELOOP');
  const handle = await open(file, O_RDONLY | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW));
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw systemError('EFTYPE');
    // One byte more shows whether it has grown since.
    const content = Buffer.alloc(Math.min(found.size, most) + 1);
    const { bytesRead } = await handle.read(content);
    if (bytesRead > most || found.size > most) throw systemError('EFBIG');
    return content.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function systemError(code: 'ELOOP' | 'EFTYPE' | 'EFBIG'): Error {
  return Object.assign(new Error(code), { code });
}

/** The log learns once per directory how all names in it begin: a fleet has thousands of them. */
export function temporaryNames(log: MadeLog): FileLogs['temporary'] {
  const beginning = `.${randomUUID()}-`;
  const known = new Set<string>();
  let count = 0;
  return (directory) => {
    const start = path.join(directory, beginning);
    if (!known.has(directory)) log.note({ kind: 'temporary', path: start });
    known.add(directory);
    count += 1;
    return `${start}${count}.tmp`;
  };
}

/**
 * Makes all the files or none: never over an existing file, never through a link, and never
 * half-written under its own name. Each is written under a temporary name beside its place first.
 * Nothing is flushed to the disk, because the job would not survive a power failure either.
 * Synchronous, so that agents finish one after the other instead of all of them at the end. Throws
 * the system's error; EEXIST when one of the files is there already.
 */
export function makeFiles(files: readonly NewFile[], { made, temporary }: FileLogs): void {
  const written: WrittenFile[] = [];
  const placed: MadeFile[] = [];
  try {
    for (const file of files) {
      const temporaryName = temporary(path.dirname(file.path));
      written.push({ ...file, temporaryName, inode: write(temporaryName, file) });
    }
    for (const file of written) {
      place(file, made);
      placed.push({ kind: file.isShared ? 'shared' : 'file', path: file.path });
    }
    made.note(...placed);
  } catch (error) {
    removeAll(placed.map(({ path: name }) => name));
    throw error;
  } finally {
    removeAll(written.map(({ temporaryName }) => temporaryName));
  }
}

interface WrittenFile extends NewFile {
  readonly temporaryName: string;
  readonly inode: string;
}

/** Makes files under the first name that is free for all of them, and returns that name. */
export function makeUnderFreeName(
  names: readonly string[],
  filesAt: (name: string) => readonly NewFile[],
  logs: FileLogs,
): string {
  for (const name of names) {
    try {
      makeFiles(filesAt(name), logs);
      return name;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  throw new Error('no name is free');
}

/** Makes a file and returns its inode, which `onOpen` learns before there is any content. */
function write(name: string, { content, mode }: NewFile, onOpen = (_: string) => {}): string {
  const descriptor = fs.openSync(name, 'wx', mode & 0o600);
  try {
    try {
      const found = fs.fstatSync(descriptor, { bigint: true });
      const inode = String(found.ino);
      onOpen(inode);
      if ((Number(found.mode) & 0o777) !== mode) fs.fchmodSync(descriptor, mode);
      fs.writeFileSync(descriptor, content instanceof Secret ? content.reveal() : content);
      return inode;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    removeAll([name]);
    throw error;
  }
}

/**
 * Gives a finished file its name; unlike a rename, a hard link never replaces what is there. The
 * file's inode is noted before, so that the post step of a killed step removes this file and nobody
 * else's. Where there are no hard links, the file is written a second time under its name.
 */
function place(file: WrittenFile, made: MadeLog): void {
  const note = (inode: string) => made.note({ kind: 'placing', path: file.path, inode });
  note(file.inode);
  try {
    fs.linkSync(file.temporaryName, file.path);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error))) throw error;
    write(file.path, file, note);
  }
}

function removeAll(paths: readonly string[]): void {
  for (const file of paths) {
    try {
      fs.unlinkSync(file);
    } catch {
      // It was not there, or can't be removed: the journal knows it.
    }
  }
}

/**
 * Makes the directory and what is missing above it, with mode 0700. The topmost one made gets a
 * `.gitignore`, so that git does not pick up what is in it. Throws `destination-invalid` when the
 * directory, or one between it and the workspace, is a link, or when it can't be made.
 */
export function makeDirectory({ made, temporary, ...place }: Place & FileLogs): void {
  let isTopmost = true;
  for (const directory of pathTo(place)) {
    if (exists(place, directory)) continue;
    try {
      fs.mkdirSync(directory, 0o700);
      made.record({ kind: 'directory', path: directory });
      fs.chmodSync(directory, 0o700);
      if (isTopmost) {
        const ignore = { path: path.join(directory, '.gitignore'), content: '*\n', mode: 0o644 };
        made.record({ kind: 'ignore-file', path: ignore.path });
        makeFiles([ignore], { made: noLog, temporary });
      }
    } catch (error) {
      // Another step may have made it in the meantime; then it is theirs.
      if (errorCode(error) === 'EEXIST' && exists(place, directory)) continue;
      throw cannot('make', directory, error);
    }
    isTopmost = false;
  }
}

/** Throws `destination-invalid` when the directory is gone, or has become a link. */
export function checkDirectory(place: Place): void {
  for (const directory of pathTo(place)) {
    if (exists(place, directory)) continue;
    throw new Failure('destination-invalid', `The directory ${directory} is not there any more.`);
  }
}

export function cannot(verb: string, file: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = `Can't ${verb} ${file} (${errorCode(error)}).`;
  return new Failure('destination-invalid', message, { cause: error });
}

/** The directories below the workspace, or below the root, down to the one for the files. */
function pathTo(place: Place): readonly string[] {
  const top = isInside(place) ? place.workspace : path.parse(place.directory).root;
  const names = path.relative(top, place.directory).split(path.sep).filter(Boolean);
  return names.map((_, index) => path.join(top, ...names.slice(0, index + 1)));
}

export function isInside({ directory, workspace }: Place): boolean {
  const relative = path.relative(workspace, directory);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function exists(place: Place, directory: string): boolean {
  const optional = { throwIfNoEntry: false } as const;
  try {
    const found = fs.lstatSync(directory, optional);
    if (found === undefined) return false;
    if (found.isDirectory()) return true;
    // Links far above a directory outside the workspace, as /var on macOS, are the system's own.
    const isAbove = !isInside(place) && directory !== place.directory;
    if (isAbove && fs.statSync(directory, optional)?.isDirectory()) return true;
    const why = found.isSymbolicLink()
      ? `Nothing is written to ${place.directory}, because ${directory} is a link.`
      : `${directory} is not a directory.`;
    throw new Failure('destination-invalid', `${why} Choose another \`output-directory\`.`);
  } catch (error) {
    throw cannot('look at', directory, error);
  }
}

/** A client id as a file name: what is not safe on every system becomes `_`. */
export function safeFileName(clientId: string): string {
  const name = clientId.replace(/[^A-Za-z0-9._-]/gu, '_').slice(0, LONGEST_NAME);
  return name.replace(/^\.+/, (dots) => '_'.repeat(dots.length)).replace(RESERVED, '_$1');
}

/** Whether Windows takes a name as it is: no device, no stream, nothing that it cuts off. */
export function isWindowsName(name: string): boolean {
  return !RESERVED.test(name) && !/[<>:"|?*]|[. ]$/.test(name);
}
