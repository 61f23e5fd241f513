import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import type { InputReader } from './reader.ts';

/** More than a list of agents or all CAs of a system take, in bytes. */
const LARGEST_FILE = 5 * 1024 * 1024;

export interface InputFile {
  /** absolute */
  readonly path: string;
  readonly content: Buffer;
  /** Reports what is wrong with the content, to follow the file's name. */
  readonly refuse: (why: string) => void;
}

/** The file that an input names, a path that starts at the workspace; nothing when it is a problem. */
export async function readInputFile(
  reader: InputReader,
  input: string,
): Promise<InputFile | undefined> {
  const given = reader.text(input);
  if (given === '') return undefined;
  const file = path.resolve(reader.workspace, given);
  const refuse = (why: string) => reader.problem(`\`${input}\` ${reader.quote(given)} ${why}.`);
  try {
    const found = await stat(file);
    if (!found.isFile()) refuse('is not a file');
    else if (found.size > LARGEST_FILE) refuse('is larger than 5 MiB');
    else return { path: file, content: await readFile(file), refuse };
  } catch (error) {
    const code = errorCode(error);
    refuse(code === 'ENOENT' ? 'is not there' : `can't be read (${code})`);
  }
  return undefined;
}
