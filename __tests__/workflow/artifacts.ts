import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Values } from './workflow-file.ts';

/** The result of actions/upload-artifact or actions/download-artifact. */
export interface Transfer {
  readonly passed: boolean;
  readonly log: readonly string[];
}

type Files = ReadonlyMap<string, Buffer>;

/**
 * The artifacts of a run, shared by all its attempts. Artifacts are immutable: a second upload with
 * the same name fails, unless it overwrites the first.
 */
export class Artifacts {
  readonly #artifacts = new Map<string, Files>();

  get names(): readonly string[] {
    return [...this.#artifacts.keys()];
  }

  /** The bytes of all files of all artifacts. */
  get contents(): readonly Buffer[] {
    return [...this.#artifacts.values()].flatMap((files) => [...files.values()]);
  }

  /** The files of an artifact, by path. */
  read(name: string): Values {
    const files = this.#artifacts.get(name) ?? new Map<string, Buffer>();
    return Object.fromEntries([...files].map(([file, content]) => [file, content.toString()]));
  }

  /** A file of an artifact. Throws if it isn't there. */
  file(name: string, file: string): Buffer {
    const content = this.#artifacts.get(name)?.get(file);
    if (content === undefined) throw new Error(`artifact ${name} has no ${file}`);
    return content;
  }

  /** Plays actions/upload-artifact with one file or directory. Throws for inputs it can't play. */
  async upload(inputs: Values, workspace: string): Promise<Transfer> {
    expectInputs(inputs, UPLOAD_INPUTS);
    const { name = 'artifact', path: place = '', 'if-no-files-found': none = 'warn' } = inputs;
    if (place === '' || /[*?\n]/.test(place)) throw new Error(`path ${place} is not played`);
    const hidden = inputs['include-hidden-files'] === 'true';
    const files = await collect(path.resolve(workspace, place), hidden);
    if (files.size === 0) {
      return { passed: none !== 'error', log: [`No files were found with the path: ${place}`] };
    }
    if (this.#artifacts.has(name) && inputs['overwrite'] !== 'true') {
      return failed(`An artifact with the name ${name} already exists`);
    }
    this.#artifacts.set(name, files);
    return { passed: true, log: [`Artifact ${name} has ${files.size} files`] };
  }

  /** Plays actions/download-artifact for artifacts of this run. Throws for inputs it can't play. */
  async download(inputs: Values, workspace: string): Promise<Transfer> {
    expectInputs(inputs, DOWNLOAD_INPUTS);
    const { name = '', pattern = '*', path: place = '', 'merge-multiple': merge } = inputs;
    if (name !== '' && !this.#artifacts.has(name)) return failed(`There is no artifact ${name}`);
    const isFlat = name !== '' || merge === 'true';
    const found = name === '' ? this.names.filter((one) => path.matchesGlob(one, pattern)) : [name];
    for (const one of found) {
      const directory = path.resolve(workspace, place, isFlat ? '' : one);
      await unpack(this.#artifacts.get(one) ?? new Map(), directory);
    }
    return { passed: true, log: [`Total of ${found.length} artifacts downloaded`] };
  }
}

const UPLOAD_INPUTS = [
  'name',
  'path',
  'if-no-files-found',
  'include-hidden-files',
  'overwrite',
  'retention-days',
];
const DOWNLOAD_INPUTS = ['name', 'pattern', 'path', 'merge-multiple', 'github-token'];

function expectInputs(inputs: Values, known: readonly string[]): void {
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`inputs that are not played: ${unknown.join(', ')}`);
}

function failed(message: string): Transfer {
  return { passed: false, log: [`Error: ${message}`] };
}

/** Collects a file or the files in a directory; hidden ones only if asked for. */
async function collect(place: string, hidden: boolean): Promise<Files> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined || isHidden(path.basename(place), hidden)) return new Map();
  if (found.isFile()) return new Map([[path.basename(place), await readFile(place)]]);
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(path.sep).some((part) => isHidden(part, hidden)))
    .sort();
  const contents = files.map(async (file) => {
    return [file, await readFile(path.join(place, file))] as const;
  });
  return new Map(await Promise.all(contents));
}

function isHidden(name: string, asked: boolean): boolean {
  return !asked && name.startsWith('.');
}

/** Writes the files with default permissions, because artifacts don't keep any. */
async function unpack(files: Files, directory: string): Promise<void> {
  for (const [file, content] of files) {
    const target = path.join(directory, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}
