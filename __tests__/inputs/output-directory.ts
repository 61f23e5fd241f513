import { readOutputDirectory } from '../../src/inputs/output-directory.ts';
import { InputReader } from '../../src/inputs/reader.ts';

/** The directory that `output-directory` leads to; throws the problems. */
export function readDirectory(value: string, workspace: string): string {
  const secrets = { mask: () => {}, maskKey: () => {}, redact: (text: string) => text };
  const input = () => value;
  const source = { input, rawInput: input, workspace, environment: {}, secrets };
  const reader = new InputReader(source, {});
  const directory = readOutputDirectory(reader);
  reader.throwProblems();
  return directory;
}
