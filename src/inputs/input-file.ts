import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isInside } from '../destinations/directory.ts';
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
    else if (await leadsOut(file, reader.workspace)) refuse('is a link out of the workspace');
    else if (found.size > LARGEST_FILE) refuse('is larger than 5 MiB');
    else return { path: file, content: await readFile(file), refuse };
  } catch (error) {
    const code = errorCode(error);
    refuse(code === 'ENOENT' ? 'is not there' : `can't be read (${code})`);
  }
  return undefined;
}

/**
 * Whether a file of the workspace is really one from elsewhere. What is in the workspace may come
 * from anyone, and what is wrong with a file is told with words of it.
 */
async function leadsOut(file: string, workspace: string): Promise<boolean> {
  if (!isInside({ directory: file, workspace: path.resolve(workspace) })) return false;
  return !isInside({ directory: await realpath(file), workspace: await realpath(workspace) });
}
