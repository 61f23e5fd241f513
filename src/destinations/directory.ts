import { chmodSync, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { forgetful } from './journal.ts';
import { type FileLogs, makeFiles } from './new-files.ts';

/** The directory for the files, and the workspace that bounds what is checked and made. */
export interface Place {
  readonly directory: string;
  readonly workspace: string;
}

/**
 * Makes the directory and what is missing above it, with mode 0700; the topmost one made gets a
 * `.gitignore`. Throws `destination-invalid` when it, or a directory between it and the workspace,
 * is a link, or when it can't be made.
 */
export function makeDirectory(place: Place & FileLogs): void {
  let topmost = true;
  for (const directory of pathTo(place)) {
    if (exists(place, directory)) continue;
    try {
      mkdirSync(directory, 0o700);
      place.made.record({ kind: 'directory', path: directory });
      chmodSync(directory, 0o700);
      if (topmost) ignoreAll(directory, place);
    } catch (error) {
      // Another step may have made it in the meantime; then it is theirs.
      if (errorCode(error) === 'EEXIST' && exists(place, directory)) continue;
      throw cannot('make', directory, error);
    }
    topmost = false;
  }
}

/**
 * Gives a check that throws `destination-invalid` when the directory is not there any more, or has
 * become a link.
 */
export function directoryCheck(place: Place): () => void {
  const directories = pathTo(place);
  return () => {
    for (const directory of directories) {
      if (exists(place, directory)) continue;
      throw new Failure('destination-invalid', `The directory ${directory} is not there any more.`);
    }
  };
}

export function cannot(verb: string, file: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('destination-invalid', `Can't ${verb} ${file} (${errorCode(error)}).`, {
    cause: error,
  });
}

/** The directories from below the workspace, or from below the root, down to the directory. */
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
  const found = statOf(directory, lstatSync);
  if (found === undefined) return false;
  if (found.isSymbolicLink()) {
    // Links far above a directory outside the workspace, as /var on macOS, are the system's own.
    const harmless = !isInside(place) && directory !== place.directory;
    if (harmless && statOf(directory, statSync)?.isDirectory()) return true;
    throw new Failure(
      'destination-invalid',
      `Nothing is written to ${place.directory}, because ${directory} is a link. Choose another \`output-directory\`.`,
    );
  }
  if (found.isDirectory()) return true;
  throw new Failure(
    'destination-invalid',
    `${directory} is not a directory. Choose another \`output-directory\`.`,
  );
}

function statOf(file: string, how: (file: string) => Stats): Stats | undefined {
  try {
    return how(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw cannot('look at', file, error);
  }
}

/** Keeps git from picking up what is in the directory. */
function ignoreAll(directory: string, { made, drafts }: FileLogs): void {
  const file = { path: path.join(directory, '.gitignore'), content: '*\n', mode: 0o644 };
  made.record({ kind: 'ignore-file', path: file.path });
  makeFiles([file], { made: forgetful, drafts });
}
