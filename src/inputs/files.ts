import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { isInside, isWindowsName, readRegularFile } from '../destinations/files.ts';
import { errorCode } from '../failure.ts';
import { readCertificates } from '../keys/pem.ts';
import { controlIn, misleadingIn } from './characters.ts';
import type { InputReader } from './reader.ts';

/** In bytes: more than a list of agents or all CAs of a system need. */
const LARGEST_FILE = 1024 * 1024;

/** What a shell would expand; here it would become the name of a directory. */
const FOR_A_SHELL = /^(?:~|\$|%[^%/\\]+%)/;

export interface InputFile {
  /** absolute */
  readonly path: string;
  readonly content: Buffer;
  /** Reports what is wrong with the content. `why` follows the file's name, without a full stop. */
  readonly refuse: (why: string) => void;
}

/** Reads the file that an input names, relative to the workspace; nothing if not set, or on a problem. */
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
    // Anyone may have put a link into the workspace, and messages quote the file.
    const isLinkOut =
      isInside({ directory: file, workspace }) &&
      !isInside({ directory: real, workspace: await realpath(workspace) });
    // Does not follow a link that was created in the meantime.
    if (!isLinkOut) {
      return { path: file, content: await readRegularFile(real, { most: LARGEST_FILE }), refuse };
    }
    refuse('is a link that leads out of the workspace');
  } catch (error) {
    refuse(whyUnread(errorCode(error)));
  }
  return undefined;
}

/** Why a file was not read, by the code of an error. */
function whyUnread(code: string): string {
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EFTYPE' || code === 'EISDIR') return 'is not a file';
  if (code === 'EFBIG') return 'is larger than 1 MiB';
  return `can't be read (${code})`;
}

/** Reports a path that begins with something a shell would expand. Returns whether it does. */
function isForShell(reader: InputReader, input: string): boolean {
  const given = reader.text(input);
  const [start] = FOR_A_SHELL.exec(given) ?? [];
  if (start === undefined) return false;
  reader.problem(
    `\`${input}\` ${reader.quote(given)} begins with ${reader.quote(start)}, but no shell expands it here. Use an absolute path, for example one that begins with \`\${{ runner.temp }}\`.`,
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

/** The CA certificates for the broker; nothing if not set, or on a problem. */
export async function readBrokerCa(reader: InputReader): Promise<AuthorityFile | undefined> {
  const file = await readInputFile(reader, 'broker-ca-file');
  const blocks = file && readCertificates(file.content.toString());
  // Nothing else from the file: it may also contain a private key.
  if (blocks) return { path: file.path, content: `${blocks.join('\n')}\n` };
  file?.refuse("contains no PEM certificate, or one that can't be parsed");
  return undefined;
}

/** The absolute output directory. A relative one starts at the workspace and must stay in it. */
export function readOutputDirectory(reader: InputReader): string {
  const value = reader.text('output-directory');
  const workspace = path.resolve(reader.source.workspace);
  const directory = path.resolve(workspace, value);
  const names = directory.slice(path.parse(directory).root.length).split(path.sep).filter(Boolean);
  const invalid = controlIn(value) ?? misleadingIn(value);
  if (invalid !== undefined) {
    reader.problem(`\`output-directory\` contains ${invalid}. Delete it.`);
  } else if (isForShell(reader, 'output-directory')) {
    return directory;
  } else if (!path.isAbsolute(value) && !isInside({ directory, workspace })) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} leads out of the workspace. For a directory outside it, use an absolute path.`,
    );
  } else if (path.sep === '\\' && !names.every(isWindowsName)) {
    reader.problem(
      `\`output-directory\` ${reader.quote(value)} contains a name that Windows rejects or changes: a device name such as NUL, a name with a character such as ":" or "?", or a name that ends with a dot or a space.`,
    );
  }
  return directory;
}
