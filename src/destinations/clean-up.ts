import { lstat, readdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { missingIn, readRegularFile } from './files.ts';
import { isAt } from './identity.ts';
import type { IdentifiedFile, Made } from './journal.ts';

/** Connection files are far smaller, in bytes. */
const LARGEST_CONNECTION = 1_048_576;

interface CleanUp {
  /** no link below it is followed; outside of it, links far above a file are the system's own */
  readonly workspace: string;
  /** is told of a private key that is not there any more */
  readonly missed?: (file: string) => void;
}

/** What became of a file: `other` when it is not the one that was made. */
type Removal = 'removed' | 'missing' | 'stays' | 'other';

/**
 * Removes what a journal names on disk: the files, then the directories that nothing else is in, the
 * innermost first. What is at a path goes only if it is what the step made, and if no link leads
 * there. Returns what could not be removed, with the reason.
 */
export async function removeFiles(
  made: readonly Made[],
  { workspace, missed = () => {} }: CleanUp,
): Promise<readonly string[]> {
  const notes = notesOf(made);
  const problems: string[] = [];
  const attempt = async (file: string, remove: () => Promise<Removal>): Promise<Removal> => {
    if (notes.kept.has(file)) return 'stays';
    try {
      if (missingIn({ directory: path.dirname(file), workspace }) !== undefined) return 'missing';
      const removal = await remove();
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
    const removal = await attempt(note.path, () => removeOwn(note));
    if (removal === 'missing' && note.kind === 'key') missed(note.path);
  }
  const placed = new Set([...own, ...shared].map((note) => note.path));
  for (const note of notes.of('placing').filter((one) => !placed.has(one.path))) {
    await attempt(note.path, () => removePlaced(note));
  }
  for (const start of notes.temporary) await attempt(start, () => removeTemporary(start));
  for (const note of shared) await attempt(note.path, () => removeUnused(note));
  const ignoreFiles = new Map(notes.of('ignore-file').map((note) => [note.path, note]));
  for (const note of notes.of('directory').reverse()) {
    await attempt(note.path, () => removeDirectory(note, ignoreFiles));
  }
  return problems;
}

/** The notes of files and directories; of several about one path the last one counts. */
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
 * Whether it is the first time that files are removed by a journal. Later, nobody can tell a key that
 * was moved from one that was removed then.
 */
export async function isFirstTime(journal: string): Promise<boolean> {
  try {
    await writeFile(markOf(journal), '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    return errorCode(error) !== 'EEXIST';
  }
}

/** Removes a journal that is not needed any more. */
export async function removeJournal(journal: string): Promise<void> {
  await removeFile(journal);
  await removeFile(markOf(journal));
}

const markOf = (journal: string) => `${journal}.used`;

/** Removes a file; one that is gone is fine. */
export async function removeFile(file: string): Promise<void> {
  await unlink(file).catch(unlessGone);
}

async function removeOwn({ path: file, identity }: IdentifiedFile): Promise<Removal> {
  if (!(await isAt(file, identity))) return 'other';
  await unlink(file);
  return 'removed';
}

/** Another file is somebody else's here: the step was killed before its own had that name. */
async function removePlaced(note: IdentifiedFile): Promise<Removal> {
  const removal = await removeOwn(note);
  return removal === 'other' ? 'stays' : removal;
}

/** Removes a file unless a connection file beside it names it. */
async function removeUnused(note: IdentifiedFile): Promise<Removal> {
  const { dir, base } = path.parse(note.path);
  for (const name of await readdir(dir)) {
    if (!name.endsWith('.mqttx.json')) continue;
    if ((await readConnection(path.join(dir, name)))?.includes(base)) return 'stays';
  }
  return removeOwn(note);
}

/** What a connection file holds; nothing for what none can be, such as a link or a device. */
async function readConnection(file: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(file, { most: LARGEST_CONNECTION });
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'EFTYPE', 'EFBIG'].includes(errorCode(error))) return undefined;
    throw error;
  }
}

async function removeTemporary(start: string): Promise<Removal> {
  const { dir, base } = path.parse(start);
  for (const name of await readdir(dir)) {
    if (name.startsWith(base)) await removeFile(path.join(dir, name));
  }
  return 'removed';
}

/** Removes a directory, unless files of others are in it; then the ignore file stays, too. */
async function removeDirectory(
  { path: directory, identity }: IdentifiedFile,
  ignoreFiles: ReadonlyMap<string, IdentifiedFile>,
): Promise<Removal> {
  if (!(await isAt(directory, identity))) return 'stays';
  const files = (await readdir(directory)).map((name) => path.join(directory, name));
  const notes = files.flatMap((file) => ignoreFiles.get(file) ?? []);
  if (notes.length < files.length) return 'stays';
  for (const note of notes) if ((await removeOwn(note)) === 'other') return 'stays';
  await rmdir(directory);
  return 'removed';
}

/** What is in the place of a file that was made. */
async function nameOther(file: string): Promise<string> {
  const isDirectory = (await lstat(file)).isDirectory();
  return isDirectory ? 'EISDIR' : 'it is not the file that the step made';
}

function reasonOf(error: unknown): string {
  return error instanceof Failure ? 'a directory on the way was replaced' : errorCode(error);
}

function unlessGone(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
