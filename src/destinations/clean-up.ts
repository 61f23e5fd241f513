import { lstat, readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import type { Made, MadeFile } from './journal.ts';

/**
 * Removes what a journal names on disk: the files, then the directories that nothing else is in, the
 * innermost first. Returns what could not be removed, with the reason.
 */
export async function removeFiles(made: readonly Made[]): Promise<readonly string[]> {
  const pathsOf = (kind: MadeFile['kind']) =>
    new Set(made.flatMap((entry) => (entry.kind === kind && 'path' in entry ? entry.path : [])));
  const kept = pathsOf('kept');
  const problems: string[] = [];
  const attempt = async (file: string, remove: (file: string) => Promise<void>) => {
    if (kept.has(file)) return;
    await remove(file)
      .catch(unlessGone)
      .catch((error: unknown) => problems.push(`${file} (${errorCode(error)})`));
  };
  const files = pathsOf('file');
  const shared = pathsOf('shared');
  for (const file of files) await attempt(file, removeFile);
  for (const entry of made) {
    if (entry.kind !== 'placing' || files.has(entry.path) || shared.has(entry.path)) continue;
    await attempt(entry.path, async (file) => {
      const found = await lstat(file, { bigint: true });
      if (String(found.ino) === entry.inode) await unlink(file);
    });
  }
  for (const start of pathsOf('temporary')) await attempt(start, removeTemporary);
  for (const file of shared) await attempt(file, removeUnused);
  const ignoreFiles = pathsOf('ignore-file');
  for (const directory of [...pathsOf('directory')].reverse()) {
    await attempt(directory, () => removeDirectory(directory, ignoreFiles));
  }
  return problems;
}

/** Removes a file, such as a journal that is not needed any more; one that is gone is fine. */
export async function removeFile(file: string): Promise<void> {
  await unlink(file).catch(unlessGone);
}

/** Removes a file unless a connection file beside it names it. */
async function removeUnused(file: string): Promise<void> {
  const { dir, base } = path.parse(file);
  for (const name of await readdir(dir)) {
    if (!name.endsWith('.mqttx.json')) continue;
    const connection = await readFile(path.join(dir, name), 'utf8').catch(unlessGone);
    if (connection?.includes(base)) return;
  }
  await removeFile(file);
}

async function removeTemporary(start: string): Promise<void> {
  const { dir, base } = path.parse(start);
  for (const name of await readdir(dir)) {
    if (name.startsWith(base)) await removeFile(path.join(dir, name));
  }
}

/** Removes a directory, unless files of others are in it; then the ignore file stays, too. */
async function removeDirectory(directory: string, ignoreFiles: ReadonlySet<string>): Promise<void> {
  const files = (await readdir(directory)).map((name) => path.join(directory, name));
  if (!files.every((file) => ignoreFiles.has(file))) return;
  for (const file of files) await removeFile(file);
  await rmdir(directory);
}

function unlessGone(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
