import { lstat, readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import type { Made, MadeFile } from './journal.ts';

/**
 * Removes what a journal names on disk: the files, then each directory that nothing else is left
 * in, the innermost first. Gives what could not be removed, with the reason.
 */
export async function removeFiles(made: readonly Made[]): Promise<readonly string[]> {
  const pathsOf = (kind: MadeFile['kind']) =>
    made.flatMap((entry) => (entry.kind === kind && 'path' in entry ? [entry.path] : []));
  const ignoreFiles = new Set(pathsOf('ignore-file'));
  const problems: string[] = [];
  const attempt = async (file: string, remove: () => Promise<void>) => {
    await remove().catch((error: unknown) => problems.push(`${file} (${errorCode(error)})`));
  };
  const kept = new Set(pathsOf('kept'));
  const files = new Set(pathsOf('file'));
  const shared = new Set(pathsOf('shared'));
  for (const file of files) if (!kept.has(file)) await attempt(file, () => removeFile(file));
  for (const entry of made) {
    if (entry.kind !== 'placing') continue;
    const { path: file, inode } = entry;
    if (!files.has(file) && !shared.has(file) && !kept.has(file))
      await attempt(file, () => removeIf(file, inode));
  }
  for (const start of pathsOf('drafts')) await attempt(start, () => removeDrafts(start));
  for (const file of shared) {
    if (!kept.has(file)) await attempt(file, () => removeUnused(file));
  }
  for (const directory of pathsOf('directory').reverse()) {
    await attempt(directory, () => removeDirectory(directory, ignoreFiles));
  }
  return problems;
}

/** Removes a file, such as a journal that is not needed any more; one that is gone is fine. */
export async function removeFile(file: string): Promise<void> {
  await unlink(file).catch(unlessGone);
}

async function removeIf(file: string, inode: string): Promise<void> {
  const found = await lstat(file, { bigint: true }).catch(unlessGone);
  if (found !== undefined && String(found.ino) === inode) await removeFile(file);
}

/** Removes a file that no connection file beside it names any more. */
async function removeUnused(file: string): Promise<void> {
  const directory = path.dirname(file);
  const names = (await readdir(directory).catch(unlessGone)) ?? [];
  for (const name of names.filter((one) => one.endsWith('.mqttx.json'))) {
    const connection = await readFile(path.join(directory, name), 'utf8').catch(unlessGone);
    if (connection?.includes(path.basename(file))) return;
  }
  await removeFile(file);
}

async function removeDrafts(start: string): Promise<void> {
  const { dir, base } = path.parse(start);
  const names = (await readdir(dir).catch(unlessGone)) ?? [];
  for (const name of names) {
    if (name.startsWith(base)) await removeFile(path.join(dir, name));
  }
}

/** Files of others stay, and the ignore file that hides them with them. */
async function removeDirectory(directory: string, ignoreFiles: Set<string>): Promise<void> {
  const names = (await readdir(directory).catch(unlessGone)) ?? [];
  const files = names.map((name) => path.join(directory, name));
  if (!files.every((file) => ignoreFiles.has(file))) return;
  for (const file of files) await removeFile(file);
  await rmdir(directory).catch(unlessGone);
}

function unlessGone(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
