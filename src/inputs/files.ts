import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isInside, isWindowsName } from '../destinations/files.ts';
import { errorCode } from '../failure.ts';
import { readCertificates } from '../keys/pem.ts';
import type { InputReader } from './reader.ts';

/** More than a list of agents or all CAs of a system take, in bytes. */
const LARGEST_FILE = 5 * 1024 * 1024;

export interface InputFile {
  /** absolute */
  readonly path: string;
  readonly content: Buffer;
  /** Reports what is wrong with the content, to follow the file's name; a full stop is added. */
  readonly refuse: (why: string) => void;
}

/** The file that an input names, from the workspace on; nothing when not given, or on a problem. */
export async function readInputFile(
  reader: InputReader,
  input: string,
): Promise<InputFile | undefined> {
  const given = reader.text(input);
  if (given === '') return undefined;
  const workspace = path.resolve(reader.source.workspace);
  const file = path.resolve(workspace, given);
  const refuse = (why: string) => reader.problem(`\`${input}\` ${reader.quote(given)} ${why}.`);
  try {
    const found = await stat(file);
    // A link in the workspace may be anyone's, and messages quote the file.
    const isLinkOut =
      isInside({ directory: file, workspace }) &&
      !isInside({ directory: await realpath(file), workspace: await realpath(workspace) });
    if (!found.isFile()) refuse('is not a file');
    else if (isLinkOut) refuse('is a link out of the workspace');
    else if (found.size > LARGEST_FILE) refuse('is larger than 5 MiB');
    else return { path: file, content: await readFile(file), refuse };
  } catch (error) {
    const code = errorCode(error);
    refuse(code === 'ENOENT' ? 'is not there' : `can't be read (${code})`);
  }
  return undefined;
}

/** CA certificates in a file. */
export interface AuthorityFile {
  /** absolute */
  readonly path: string;
  /** PEM */
  readonly content: string;
}

/** The CA certificates of the broker; nothing when none are given, or on a problem. */
export async function readBrokerCa(reader: InputReader): Promise<AuthorityFile | undefined> {
  const file = await readInputFile(reader, 'broker-ca-file');
  const blocks = file && readCertificates(file.content.toString());
  // Nothing else of the file: it may hold a private key too.
  if (blocks) return { path: file.path, content: `${blocks.join('\n')}\n` };
  file?.refuse('holds no certificate in PEM, or one that does not parse');
  return undefined;
}

/** The absolute directory for files: a relative one starts at the workspace and stays in it. */
export function readOutputDirectory(reader: InputReader): string {
  const value = reader.text('output-directory');
  const workspace = path.resolve(reader.source.workspace);
  const directory = path.resolve(workspace, value);
  const names = directory.slice(path.parse(directory).root.length).split(path.sep).filter(Boolean);
  if (/\p{Cc}/u.test(value)) {
    reader.problem('`output-directory` holds a line break or another control character.');
  } else if (!path.isAbsolute(value) && !isInside({ directory, workspace })) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} leads out of the workspace; a place outside needs an absolute path.`,
    );
  } else if (path.sep === '\\' && !names.every(isWindowsName)) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} holds a name that Windows does not take as it is: one of a device such as NUL, one with a sign such as ":" or "?", or one that ends in a dot or a space.`,
    );
  }
  return directory;
}
