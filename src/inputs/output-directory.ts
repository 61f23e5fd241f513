import path from 'node:path';
import { isInside } from '../destinations/directory.ts';
import { isWindowsName } from '../destinations/file-name.ts';
import type { InputReader } from './reader.ts';

/** The directory for the files, absolute: a relative one starts at the workspace and stays in it. */
export function readOutputDirectory(reader: InputReader): string {
  const value = reader.text('output-directory');
  const workspace = path.resolve(reader.workspace);
  const directory = path.resolve(workspace, value);
  if (/\p{Cc}/u.test(value)) {
    reader.problem('`output-directory` holds a line break or another control character.');
  } else if (!path.isAbsolute(value) && !isInside({ directory, workspace })) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} leads out of the workspace; a place outside needs an absolute path.`,
    );
  } else if (path.sep === '\\' && !namesIn(directory).every(isWindowsName)) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} holds a name that Windows does not take as it is: one of a device such as NUL, one with a sign such as ":" or "?", or one that ends in a dot or a space.`,
    );
  }
  return directory;
}

function namesIn(directory: string): readonly string[] {
  return directory.slice(path.parse(directory).root.length).split(path.sep).filter(Boolean);
}
