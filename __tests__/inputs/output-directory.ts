import { readOutputDirectory } from '../../src/inputs/files.ts';
import { InputReader } from '../../src/inputs/reader.ts';
import { sourceOf } from './source.ts';

/** The directory that `output-directory` leads to; throws the problems. */
export function readDirectory(value: string, workspace: string): string {
  const reader = new InputReader({ ...sourceOf({}, { workspace }).source, input: () => value }, {});
  const directory = readOutputDirectory(reader);
  reader.throwProblems();
  return directory;
}
