import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { isInside, isWindowsName, readRegularFile } from '../destinations/files.ts';
import { errorCode } from '../failure.ts';
import { readCertificates } from '../keys/pem.ts';
import { type InputReader, misleadingIn } from './reader.ts';

/** More than a list of agents or all CAs of a system take, in bytes. */
const LARGEST_FILE = 1024 * 1024;

/** What some shell would replace; here it would be the name of a directory. */
const FOR_A_SHELL = /^(?:~|\$|%[^%/\\]+%)/;

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
  if (isForShell(reader, input)) return undefined;
  try {
    const real = await realpath(file);
    // A link in the workspace may be anyone's, and messages quote the file.
    const isLinkOut =
      isInside({ directory: file, workspace }) &&
      !isInside({ directory: real, workspace: await realpath(workspace) });
    // A link that has come to be there since is not followed.
    if (!isLinkOut) {
      return { path: file, content: await readRegularFile(real, { most: LARGEST_FILE }), refuse };
    }
    refuse('is a link out of the workspace');
  } catch (error) {
    refuse(whyUnread(errorCode(error)));
  }
  return undefined;
}

/** Why a file was not read, by the code of an error. */
function whyUnread(code: string): string {
  if (code === 'ENOENT') return 'is not there';
  if (code === 'EFTYPE' || code === 'EISDIR') return 'is not a file';
  if (code === 'EFBIG') return 'is larger than 1 MiB';
  return `can't be read (${code})`;
}

/** Reports a path with which a shell would begin somewhere else; says whether it is one. */
function isForShell(reader: InputReader, input: string): boolean {
  const given = reader.text(input);
  const [sign] = FOR_A_SHELL.exec(given) ?? [];
  if (sign === undefined) return false;
  reader.problem(
    `\`${input}\` ${reader.quote(given)} begins with ${reader.quote(sign)}, which no shell expands here. Take an absolute path, such as one that begins with \`\${{ runner.temp }}\`.`,
  );
  return true;
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
  const misleading = misleadingIn(value);
  if (/\p{Cc}/u.test(value)) {
    reader.problem('`output-directory` holds a line break or another control character.');
  } else if (misleading !== undefined) {
    reader.problem(
      `\`output-directory\` holds an invisible or bidirectional character (${misleading}).`,
    );
  } else if (isForShell(reader, 'output-directory')) {
    return directory;
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
