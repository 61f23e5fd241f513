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

/** Names that Windows reserves for devices, with any extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\xb2\xb3\xb9])(?= *(\.|$))/i;

/** The errors of file systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);

export interface NewFile {
  readonly path: string;
  readonly content: string | Secret;
  /** a file for its owner only is not written where others could still read it */
  readonly mode: number;
  /** its kind for the post step; by default, a secret is a `key`, and anything else a `file` */
  readonly kind?: 'shared' | 'ignore-file';
  /** whether it is written even where others can read it, because otherwise it would be lost */
  readonly isLastResort?: boolean;
}

export interface FileLogs {
  /** Learns what the post step has to delete. */
  readonly made: MadeLog;
  /** Returns a free name in a directory, for a file that is deleted with the job in any case. */
  readonly temporary: (directory: string) => string;
  /** Learns what failed without stopping anything, because it only helps. */
  readonly warn: (message: string) => void;
}

/** The log learns once per directory how the names in it begin: a fleet has thousands of them. */
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
 * Creates all the files or none: never over an existing file, never through a link, and never
 * half-written under its own name. Writes each under a temporary name beside its place first. Does
 * not flush to the disk, because the job would not survive a power failure either. Synchronous, so
 * that agents finish one after the other instead of all at the end. Throws the system's error;
 * EEXIST if one of the files exists; `destination-invalid` where others could read a file for its
 * owner only.
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
    deleteAll(placed.map(({ path: name }) => name));
    throw error;
  } finally {
    deleteAll(written.map(({ temporaryName }) => temporaryName));
  }
}

interface WrittenFile extends NewFile {
  readonly temporaryName: string;
  readonly identity: Identity;
}

/** Creates files under the first name that is free for all of them, and returns that name. */
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

/** Creates a file and returns its identity; `onOpen` gets it before the file has any content. */
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
    deleteAll([name]);
    throw error;
  }
}

/**
 * Gives an open file its mode. Some mounts refuse that, and so does Node's permission model, which is
 * fine if nobody else can read the file. Throws `destination-invalid` where others can read it.
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
      `The mode of files in ${directory} can't be set to ${mode.toString(8)} (${errorCode(error)}), so they keep the mode that they were created with.`,
    );
  }
  // Windows has no such modes.
  const isForOwner = (mode & 0o077) === 0 && process.platform !== 'win32';
  if (!isForOwner || (fs.fstatSync(descriptor).mode & 0o077) === 0) return;
  const message = `The file system of ${directory} does not support file modes, so others on this machine could read the private key.`;
  const advice = 'Choose another `output-directory`.';
  if (!isLastResort) throw new Failure('destination-invalid', `${message} ${advice}`);
  warn(`${message} The key was still written, because it exists nowhere else.`);
}

/**
 * Gives a finished file its name; unlike a rename, a hard link never replaces an existing file. Notes
 * the file's identity before, so that the post step of a killed step deletes this file and no other.
 * Without hard links, writes the file a second time under its name. Returns the identity of the file
 * with that name.
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

function deleteAll(paths: readonly string[]): void {
  for (const file of paths) {
    try {
      fs.unlinkSync(file);
    } catch {
      // It does not exist, or can't be deleted: the journal lists it.
    }
  }
}

/**
 * Creates the directory and the missing ones above it, with mode 0700. The topmost new one gets a
 * `.gitignore`, so that Git does not pick up its content. Throws `destination-invalid` if the
 * directory, or one between it and the workspace, is a link or can't be created.
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
      // If another step has created it in the meantime, it belongs to that step.
      if (errorCode(error) === 'EEXIST' && exists(wanted, directory)) continue;
      throw cannot('create', directory, error);
    }
    isTopmost = false;
  }
}

/** Closes a directory to others. The files in it have their own modes. */
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
      `${file} could not be written (${errorCode(error)}), so \`git add\` may pick up the files in that directory.`,
    );
  }
}

/** A client id as a file name: every character that is unsafe on some system becomes `_`. */
export function safeFileName(clientId: string): string {
  const name = clientId.replace(/[^A-Za-z0-9._-]/gu, '_').slice(0, LONGEST_NAME);
  return name.replace(/^\.+/, (dots) => '_'.repeat(dots.length)).replace(RESERVED, '_$1');
}

/** Whether Windows accepts a name unchanged: no device, no stream, nothing that it cuts off. */
export function isWindowsName(name: string): boolean {
  return !RESERVED.test(name) && !/[<>:"|?*]|[. ]$/.test(name);
}
