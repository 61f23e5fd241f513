/**
 * Measures what each runtime dependency adds to the bundle of the create action, and writes it into
 * the table of dependencies.md: bundles the action without the package, and takes the difference of
 * all scripts, minified. Needs what `npm run build` leaves in `lib/`.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGE = path.join(import.meta.dirname, 'dependencies.md');
const NCC = path.join(ROOT, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
const ENTRY = path.join(ROOT, 'lib/create/main.js');

/** The size of the bundled create action in bytes, without a package if one is given. */
async function bundleSize(without?: string): Promise<number> {
  const directory = await mkdtemp(path.join(tmpdir(), 'dependency-sizes-'));
  try {
    const external = without === undefined ? [] : ['-e', `/^${without}(\\/|$)/`];
    const options = ['build', ENTRY, '-o', directory, '-m', '--no-cache', '-q', ...external];
    await promisify(execFile)(process.execPath, [NCC, ...options], { cwd: ROOT });
    const scripts = (await readdir(directory)).filter((name) => name.endsWith('.js'));
    const stats = await Promise.all(scripts.map((name) => stat(path.join(directory, name))));
    return stats.reduce((sum, { size }) => sum + size, 0);
  } finally {
    await rm(directory, { recursive: true });
  }
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
  const whole = await bundleSize();
  const sizes = new Map<string, number>();
  for (const name of Object.keys(manifest.dependencies)) {
    sizes.set(name, whole - (await bundleSize(name)));
    console.log(`${name}: ${showSize(sizes.get(name) ?? 0)}`);
  }
  console.log(`The whole bundle: ${showSize(whole)}`);
  await writeFile(PAGE, withSizes(await readFile(PAGE, 'utf8'), sizes));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
