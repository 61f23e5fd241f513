import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** Built actions: what a runner would start, and its total size. */
export interface Build {
  /** path of the create action's main entry, and of its post entry */
  readonly create: string;
  readonly post: string;
  /** of `dist/`, without licences */
  readonly bytes: number;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The build of this repository. */
export const OURS = buildIn(ROOT);

/** The build in a checkout, or in a copy of its `dist/`. Throws if there is none. */
export function buildIn(directory: string): Build {
  const isCheckout = existsSync(path.join(directory, 'action.yml'));
  const { main, post } = entriesOf(isCheckout ? directory : ROOT);
  const dist = isCheckout ? path.join(directory, 'dist') : directory;
  // The folder may have another name.
  const place = (entry: string) => path.join(dist, entry.replace(/^dist\//, ''));
  const build = { create: place(main), post: place(post) };
  for (const entry of Object.values(build)) {
    if (!existsSync(entry)) throw new Error(`there is no build in ${directory}`);
  }
  return { ...build, bytes: bytesIn(dist) };
}

function entriesOf(checkout: string) {
  const text = readFileSync(path.join(checkout, 'action.yml'), 'utf8');
  const { runs } = parse(text) as {
    readonly runs: { readonly main: string; readonly post: string };
  };
  return runs;
}

function bytesIn(dist: string): number {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/licenses\.txt$/.test(name))
    .map((name) => statSync(path.join(dist, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
