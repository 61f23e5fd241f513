import * as fs from 'node:fs';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';

/** The directory for the files, and the workspace: nothing above it is checked or created. */
export interface Place {
  readonly directory: string;
  readonly workspace: string;
}

/** Throws `destination-invalid` if the directory is gone or has become a link. */
export function checkDirectory(place: Place): void {
  const missing = missingIn(place);
  if (missing === undefined) return;
  throw new Failure('destination-invalid', `The directory ${missing} no longer exists.`);
}

/**
 * The first missing directory on the way to the one for the files, itself included. Throws
 * `destination-invalid` if one of them is a link.
 */
export function missingIn(place: Place): string | undefined {
  return pathTo(place).find((directory) => !exists(place, directory));
}

export function cannot(verb: string, file: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = `Can't ${verb} ${file} (${errorCode(error)}).`;
  return new Failure('destination-invalid', message, { cause: error });
}

/** The directories below the workspace, or below the root, down to the one for the files. */
export function pathTo(place: Place): readonly string[] {
  const top = isInside(place) ? place.workspace : path.parse(place.directory).root;
  const names = path.relative(top, place.directory).split(path.sep).filter(Boolean);
  return names.map((_, index) => path.join(top, ...names.slice(0, index + 1)));
}

export function isInside({ directory, workspace }: Place): boolean {
  const relative = path.relative(workspace, directory);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/**
 * Whether a directory on the way to the one for the files exists. Throws `destination-invalid` if it is
 * a link that is not followed, or not a directory.
 */
export function exists(place: Place, directory: string): boolean {
  const optional = { throwIfNoEntry: false } as const;
  try {
    const found = fs.lstatSync(directory, optional);
    if (found === undefined) return false;
    if (found.isDirectory()) return true;
    // Links far above a directory outside the workspace, such as /var on macOS, are the system's own.
    const isAbove = !isInside(place) && directory !== place.directory;
    if (isAbove && fs.statSync(directory, optional)?.isDirectory()) return true;
    const why = found.isSymbolicLink()
      ? `Nothing is written to ${place.directory}, because ${directory} is a link.`
      : `${directory} is not a directory.`;
    throw new Failure('destination-invalid', `${why} Choose another \`output-directory\`.`);
  } catch (error) {
    throw cannot('access', directory, error);
  }
}
