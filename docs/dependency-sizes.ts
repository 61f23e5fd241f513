/**
 * Measures which part of the bundle each runtime dependency takes, and writes it into the table of
 * dependencies.md. Needs what `npm run build` leaves in `lib/` and `dist/`.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGE = path.join(import.meta.dirname, 'dependencies.md');
const NCC = path.join(ROOT, 'node_modules/@vercel/ncc/dist/ncc/cli.js');

/** As much of the bundler's statistics as is read here; a group of modules holds them. */
interface Module {
  readonly nameForCondition?: string;
  /** of the source, in bytes */
  readonly size: number;
  readonly chunks?: readonly (string | number)[];
  readonly modules?: readonly Module[];
}

interface Chunk {
  readonly id: string | number;
  readonly files: readonly string[];
}

/** A script of the bundle: what it is made of, and its size in bytes, minified. */
interface Script {
  readonly modules: readonly Module[];
  readonly size: number;
}

/** The scripts of the bundle. */
async function bundle(): Promise<readonly Script[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'dependency-sizes-'));
  try {
    const file = path.join(directory, 'stats.json');
    const options = ['-o', directory, '--no-cache', '-q', '--stats-out', file];
    const entry = path.join(ROOT, 'lib/index.js');
    await promisify(execFile)(process.execPath, [NCC, 'build', entry, ...options], { cwd: ROOT });
    const stats: { readonly chunks: readonly Chunk[]; readonly modules: readonly Module[] } =
      JSON.parse(await readFile(file, 'utf8'));
    return await Promise.all(
      stats.chunks.map(async ({ id, files }) => {
        const sizes = files.map(async (name) => (await stat(path.join(ROOT, 'dist', name))).size);
        return {
          modules: flatten(stats.modules.filter(({ chunks }) => chunks?.includes(id))),
          size: (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0),
        };
      }),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

function flatten(modules: readonly Module[]): readonly Module[] {
  return modules.flatMap((module) => (module.modules ? flatten(module.modules) : [module]));
}

/** The package that a module is of; nothing for our own. */
function packageOf({ nameForCondition = '' }: Module): string | undefined {
  return /.*node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(nameForCondition)?.[1];
}

type Dependencies = Readonly<Record<string, string>>;

/** For each package of the bundle the runtime dependency that brings it, the first one of several. */
async function owners(direct: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const lock = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const found = new Map(direct.map((name) => [name, name]));
  const visit = (name: string, owner: string): void => {
    const needs: Dependencies = lock.packages[`node_modules/${name}`]?.dependencies ?? {};
    for (const needed of Object.keys(needs)) {
      if (found.has(needed)) continue;
      found.set(needed, owner);
      visit(needed, owner);
    }
  };
  for (const name of direct) visit(name, name);
  return found;
}

/** A size in bytes as the page tells it. */
export function showSize(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}

/** The page with a size, the third cell, in the row of each package. */
export function withSizes(page: string, sizes: ReadonlyMap<string, number>): string {
  const row = /^\| `([^`]+)` \|([^|]*)\|[^|]*\|/gm;
  return page.replace(row, (whole, name: string, licence: string) => {
    const size = sizes.get(name);
    return size === undefined ? whole : `| \`${name}\` |${licence}| ${showSize(size)} |`;
  });
}

async function main(): Promise<void> {
  const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const direct = Object.keys(manifest.dependencies);
  const ownerOf = await owners(direct);
  const scripts = await bundle();
  const sizes = new Map(direct.map((name) => [name, 0]));
  for (const { modules, size } of scripts) {
    const share = size / modules.reduce((sum, module) => sum + module.size, 0);
    for (const module of modules) {
      const owner = ownerOf.get(packageOf(module) ?? '');
      if (owner !== undefined) sizes.set(owner, (sizes.get(owner) ?? 0) + module.size * share);
    }
  }
  for (const [name, bytes] of sizes) console.log(`${name}: ${showSize(bytes)}`);
  const whole = scripts.reduce((sum, { size }) => sum + size, 0);
  console.log(`The whole bundle: ${showSize(whole)}`);
  await writeFile(PAGE, withSizes(await readFile(PAGE, 'utf8'), sizes));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
