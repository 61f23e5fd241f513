import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { Secret } from '../secret.ts';
import { cannot, exists, type Place, pathTo } from './directories.ts';
import { type Identity, identityOf } from './identity.ts';
import type { MadeFile, MadeLog } from './journal.ts';

export { cannot, checkDirectory, isInside, missingIn, type Place } from './directories.ts';
export { readRegularFile } from './regular-file.ts';

/** Leaves room for an extension and a suffix within the 255 bytes of common file systems. */
const LONGEST_NAME = 128;

/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\xb2\xb3\xb9])(?= *(\.|$))/i;

/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);

export interface NewFile {
  readonly path: string;
  readonly content: string | Secret;
  /** one that is for the owner only is not written where others could read it all the same */
  readonly mode: number;
  /** how the post step knows it; a secret is a `key` by default, anything else a `file` */
  readonly kind?: 'shared' | 'ignore-file';
  /** whether it is written also where others can read it, because it would be lost otherwise */
  readonly isLastResort?: boolean;
}

export interface FileLogs {
  /** Learns of what the post step is to remove. */
  readonly made: MadeLog;
  /** Returns a free name in a directory, for a file that is to go with the job in any case. */
  readonly temporary: (directory: string) => string;
  /** Is told what does not work and only helps: nothing stops for that. */
  readonly warn: (message: string) => void;
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
 * the system's error; EEXIST when one of the files is there already; `destination-invalid` where
 * others could read a file that is for its owner only.
 */
export function makeFiles(files: readonly NewFile[], logs: FileLogs): void {
  const written: WrittenFile[] = [];
  const placed: MadeFile[] = [];
  try {
    for (const file of files) {
      const temporaryName = logs.temporary(path.dirname(file.path));
      written.push({ ...file, temporaryName, identity: write(temporaryName, file, logs) });
    }
    for (const file of written) {
      const identity = place(file, logs);
      const kind = file.kind ?? (file.content instanceof Secret ? 'key' : 'file');
      placed.push({ kind, path: file.path, identity });
    }
    logs.made.note(...placed);
  } catch (error) {
    removeAll(placed.map(({ path: name }) => name));
    throw error;
  } finally {
    removeAll(written.map(({ temporaryName }) => temporaryName));
  }
}

interface WrittenFile extends NewFile {
  readonly temporaryName: string;
  readonly identity: Identity;
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

/** Makes a file and returns its identity, which `onOpen` learns before there is any content. */
function write(
  name: string,
  file: NewFile,
  logs: FileLogs,
  onOpen = (_: Identity) => {},
): Identity {
  const text = file.content instanceof Secret ? file.content.reveal() : file.content;
  const descriptor = fs.openSync(name, 'wx', file.mode & 0o600);
  try {
    try {
      const found = fs.fstatSync(descriptor, { bigint: true });
      const identity = identityOf(found, text);
      onOpen(identity);
      if ((Number(found.mode) & 0o777) !== file.mode) setMode(descriptor, name, file, logs);
      fs.writeFileSync(descriptor, text);
      return identity;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    removeAll([name]);
    throw error;
  }
}

/**
 * Gives an open file its mode. Some mounts refuse that, and so does Node's permission model: a file
 * that nobody else can read then is as good. Throws `destination-invalid` where others can read it.
 */
function setMode(
  descriptor: number,
  name: string,
  { mode, isLastResort = false }: NewFile,
  { warn }: FileLogs,
): void {
  const directory = path.dirname(name);
  try {
    fs.fchmodSync(descriptor, mode);
  } catch (error) {
    warn(
      `Files in ${directory} can't be given the mode ${mode.toString(8)} (${errorCode(error)}): they keep the mode that they were made with.`,
    );
  }
  // Windows has no such modes.
  const isForOwner = (mode & 0o077) === 0 && process.platform !== 'win32';
  if (!isForOwner || (fs.fstatSync(descriptor).mode & 0o077) === 0) return;
  const message = `The file system of ${directory} does not keep the modes of files, so that others on this machine could read the private key.`;
  const advice = 'Choose another `output-directory`.';
  if (!isLastResort) throw new Failure('destination-invalid', `${message} ${advice}`);
  warn(`${message} It was written all the same, because it is nowhere else.`);
}

/**
 * Gives a finished file its name; unlike a rename, a hard link never replaces what is there. Which
 * file it is is noted before, so that the post step of a killed step removes this file and nobody
 * else's. Where there are no hard links, the file is written a second time under its name. Returns
 * the identity of the file that has the name.
 */
function place(file: WrittenFile, logs: FileLogs): Identity {
  const kind = file.kind === 'ignore-file' ? file.kind : 'placing';
  const note = (identity: Identity) => logs.made.note({ kind, path: file.path, identity });
  note(file.identity);
  try {
    fs.linkSync(file.temporaryName, file.path);
    return file.identity;
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error))) throw error;
    return write(file.path, file, logs, note);
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
export function makeDirectory({ directory: last, workspace, ...logs }: Place & FileLogs): void {
  const wanted = { directory: last, workspace };
  let isTopmost = true;
  for (const directory of pathTo(wanted)) {
    if (exists(wanted, directory)) continue;
    try {
      fs.mkdirSync(directory, 0o700);
      const found = fs.lstatSync(directory, { bigint: true });
      logs.made.record({ kind: 'directory', path: directory, identity: identityOf(found) });
      if ((Number(found.mode) & 0o777) !== 0o700) closeDirectory(directory, logs);
      if (isTopmost) hideFromGit(directory, logs);
    } catch (error) {
      // Another step may have made it in the meantime; then it is theirs.
      if (errorCode(error) === 'EEXIST' && exists(wanted, directory)) continue;
      throw cannot('make', directory, error);
    }
    isTopmost = false;
  }
}

/** Gives a directory to its owner only. The files in it have modes of their own. */
function closeDirectory(directory: string, { warn }: FileLogs): void {
  try {
    fs.chmodSync(directory, 0o700);
  } catch (error) {
    warn(`The mode of the directory ${directory} can't be set (${errorCode(error)}).`);
  }
}

function hideFromGit(directory: string, logs: FileLogs): void {
  const file = path.join(directory, '.gitignore');
  try {
    makeFiles([{ path: file, content: '*\n', mode: 0o644, kind: 'ignore-file' }], logs);
  } catch (error) {
    logs.warn(
      `${file} could not be written (${errorCode(error)}), so that \`git add\` may pick up what is in that directory.`,
    );
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
