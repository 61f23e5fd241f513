import { lstat, readdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { missingIn, readRegularFile } from './files.ts';
import { isAt } from './identity.ts';
import type { IdentifiedFile, Made } from './journal.ts';

/** Connection files are far smaller than this, in bytes. */
const LARGEST_CONNECTION = 1_048_576;

interface CleanUp {
  /** no link below it is followed; outside of it, links far above a file are the system's own */
  readonly workspace: string;
  /** learns of a private key that is no longer there */
  readonly missed?: (file: string) => void;
}

/** What happened to a file: `other` if it is not the one that the step created. */
type Removal = 'deleted' | 'missing' | 'stays' | 'other';

/**
 * Deletes what a journal names on disk: the files, then the directories with nothing else in them,
 * the innermost first. Deletes only what the step created, and only if no link leads there. Returns
 * what could not be deleted, with the reason.
 */
export async function deleteFiles(
  made: readonly Made[],
  { workspace, missed = () => {} }: CleanUp,
): Promise<readonly string[]> {
  const notes = notesOf(made);
  const problems: string[] = [];
  const attempt = async (file: string, run: () => Promise<Removal>): Promise<Removal> => {
    if (notes.kept.has(file)) return 'stays';
    try {
      if (missingIn({ directory: path.dirname(file), workspace }) !== undefined) return 'missing';
      const removal = await run();
      if (removal === 'other') problems.push(`${file} (${await nameOther(file)})`);
      return removal;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'missing';
      problems.push(`${file} (${reasonOf(error)})`);
      return 'stays';
    }
  };
  const shared = notes.of('shared');
  const own = [...notes.of('key'), ...notes.of('file')];
  for (const note of own) {
    const removal = await attempt(note.path, () => deleteOwn(note));
    if (removal === 'missing' && note.kind === 'key') missed(note.path);
  }
  const placed = new Set([...own, ...shared].map((note) => note.path));
  for (const note of notes.of('placing').filter((one) => !placed.has(one.path))) {
    await attempt(note.path, () => deletePlaced(note));
  }
  for (const start of notes.temporary) await attempt(start, () => deleteTemporary(start));
  for (const note of shared) await attempt(note.path, () => deleteUnused(note));
  const ignoreFiles = new Map(notes.of('ignore-file').map((note) => [note.path, note]));
  for (const note of notes.of('directory').reverse()) {
    await attempt(note.path, () => deleteDirectory(note, ignoreFiles));
  }
  return problems;
}

/** The notes of files and directories; if several name one path, the last one counts. */
function notesOf(made: readonly Made[]) {
  const of = (kind: IdentifiedFile['kind']): IdentifiedFile[] => {
    const found = made.filter(
      (entry): entry is IdentifiedFile => 'identity' in entry && entry.kind === kind,
    );
    return [...new Map(found.map((entry) => [entry.path, entry])).values()];
  };
  const pathsOf = (kind: 'kept' | 'temporary') =>
    new Set(made.flatMap((entry) => (entry.kind === kind ? entry.path : [])));
  return { of, kept: pathsOf('kept'), temporary: pathsOf('temporary') };
}

/**
 * Whether files are deleted by this journal for the first time. Later, nobody can tell a key that was
 * moved from one that was deleted before.
 */
export async function isFirstTime(journal: string): Promise<boolean> {
  try {
    await writeFile(markOf(journal), '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    return errorCode(error) !== 'EEXIST';
  }
}

/** Deletes a journal that is no longer needed. */
export async function deleteJournal(journal: string): Promise<void> {
  await deleteFile(journal);
  await deleteFile(markOf(journal));
}

const markOf = (journal: string) => `${journal}.used`;

/** Deletes a file, unless it is gone. */
export async function deleteFile(file: string): Promise<void> {
  await unlink(file).catch(unlessGone);
}

async function deleteOwn({ path: file, identity }: IdentifiedFile): Promise<Removal> {
  if (!(await isAt(file, identity))) return 'other';
  await unlink(file);
  return 'deleted';
}

/** Another file here is somebody else's: the step was killed before its own file had that name. */
async function deletePlaced(note: IdentifiedFile): Promise<Removal> {
  const removal = await deleteOwn(note);
  return removal === 'other' ? 'stays' : removal;
}

/** Deletes a file unless a connection file beside it names it. */
async function deleteUnused(note: IdentifiedFile): Promise<Removal> {
  const { dir, base } = path.parse(note.path);
  for (const name of await readdir(dir)) {
    if (!name.endsWith('.mqttx.json')) continue;
    if ((await readConnection(path.join(dir, name)))?.includes(base)) return 'stays';
  }
  return deleteOwn(note);
}

/** The content of a connection file; nothing for what can't be one, such as a link or a device. */
async function readConnection(file: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(file, { most: LARGEST_CONNECTION });
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'EFTYPE', 'EFBIG'].includes(errorCode(error))) return undefined;
    throw error;
  }
}

async function deleteTemporary(start: string): Promise<Removal> {
  const { dir, base } = path.parse(start);
  for (const name of await readdir(dir)) {
    if (name.startsWith(base)) await deleteFile(path.join(dir, name));
  }
  return 'deleted';
}

/** Deletes a directory, unless other files are in it; then the ignore file stays as well. */
async function deleteDirectory(
  { path: directory, identity }: IdentifiedFile,
  ignoreFiles: ReadonlyMap<string, IdentifiedFile>,
): Promise<Removal> {
  if (!(await isAt(directory, identity))) return 'stays';
  const files = (await readdir(directory)).map((name) => path.join(directory, name));
  const notes = files.flatMap((file) => ignoreFiles.get(file) ?? []);
  if (notes.length < files.length) return 'stays';
  for (const note of notes) if ((await deleteOwn(note)) === 'other') return 'stays';
  await rmdir(directory);
  return 'deleted';
}

/** What is now at the path of a file that the step created. */
async function nameOther(file: string): Promise<string> {
  const isDirectory = (await lstat(file)).isDirectory();
  return isDirectory ? 'EISDIR' : 'it is not the file that this step wrote';
}

function reasonOf(error: unknown): string {
  return error instanceof Failure ? 'a directory in its path was replaced' : errorCode(error);
}

function unlessGone(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
