import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSizes } from '../../docs/dependency-sizes.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (...names: string[]) => readFileSync(path.join(ROOT, ...names), 'utf8');
const json = (...names: string[]) => JSON.parse(read(...names));

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

const manifest = json('package.json') as Required<Pick<Locked, 'dependencies'>> & {
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
const locked = json('package-lock.json').packages as Readonly<Record<string, Locked>>;
const page = read('docs/dependencies.md');

/** The cells of the rows of the page's table. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** Where npm has put what a package asks for: beside its own packages, or further up. */
function locate(name: string, from: string): string {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (place in locked || from === '') return place;
  return locate(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))));
}

/** What leaves nothing in a bundle: types, and names that Node itself answers to. */
const isBundled = (name: string) =>
  !/^@types\/|types$/.test(name) && !builtinModules.includes(name);

/** The places of all packages that the runtime dependencies bring into a bundle. */
function bundledPackages(): ReadonlySet<string> {
  const places = new Set<string>();
  const visit = (names: readonly string[], from: string): void => {
    // Of the toolkit only parts are imported, which need nothing else.
    if (from === 'node_modules/@actions/core') return;
    for (const place of names.filter(isBundled).map((name) => locate(name, from))) {
      if (places.has(place)) continue;
      places.add(place);
      visit(Object.keys(locked[place]?.dependencies ?? {}), place);
    }
  };
  visit(Object.keys(manifest.dependencies), '');
  return places;
}

const nameOf = (place: string) => place.split('node_modules/').at(-1) ?? '';
const flat = (text: string) => text.replace(/\s+/g, ' ').trim();

/** The text of a package's own licence. */
function licenceOf(place: string): string {
  const file = readdirSync(path.join(ROOT, place)).find((name) => /^licen[cs]e/i.test(name));
  return flat(read(place, file ?? 'LICENSE'));
}

/** The packages whose name or licence is missing in a text. */
function missingIn(licences: string, places: Iterable<string>): readonly string[] {
  const lines = new Set(licences.split('\n'));
  const text = flat(licences);
  return [...places].filter(
    (place) => !lines.has(nameOf(place)) || !text.includes(licenceOf(place)),
  );
}

describe('docs/dependencies.md', () => {
  test('has a row for each runtime dependency, and no other', () => {
    expect(rows.map(([, name]) => name)).toEqual(
      Object.keys(manifest.dependencies).map((name) => `\`${name}\``),
    );
  });

  test('has the licences of the packages, and text in every cell', () => {
    for (const [, name = '', licence, size, ...texts] of rows) {
      const place = locate(name.replaceAll('`', ''), '');
      expect([name, licence]).toEqual([name, json(place, 'package.json').license]);
      expect(size).toMatch(/^\d+ kB$/);
      expect(texts.slice(0, 2).filter((text) => text.length > 3)).toHaveLength(2);
    }
  });

  test('gets new sizes in its rows, and nowhere else', () => {
    const changed = withSizes(page, new Map([['p-map', 123_400]]));
    expect(changed.split('\n').filter((line) => !page.includes(line))).toEqual([
      expect.stringMatching(/^\| `p-map` \| MIT \| 123 kB \| Several/),
    ]);
  });
});

describe('licences beside the bundle', () => {
  const all = bundledPackages();
  const licences = read('dist/licenses.txt');

  test('are searched for in all packages that are bundled', () => {
    expect(all.size).toBeGreaterThan(Object.keys(manifest.dependencies).length + 10);
  });

  test('are those of everything that can be loaded', () => {
    expect(missingIn(licences, all)).toEqual([]);
  });

  test('would be missed', () => {
    expect(missingIn(licences.replaceAll('\nundici\n', '\n'), all).map(nameOf)).toEqual(['undici']);
    expect(missingIn(licences.replaceAll('Matteo Collina', ''), all)).not.toEqual([]);
  });
});

test('install scripts are allowed by name, and only if they exist', () => {
  const withScripts = Object.entries(locked).flatMap(([place, { hasInstallScript }]) =>
    hasInstallScript ? [nameOf(place)] : [],
  );
  expect(Object.keys(manifest.allowScripts)).toEqual(withScripts);
  // Else npm would run the others too, with a notice.
  expect(read('.npmrc').split('\n')).toContain('strict-allow-scripts=true');
});
