import { existsSync, globSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOptions } from '../../sandbox/options.ts';
import { proseOf, ROOT, read, snippets } from './pages.ts';

const PAGE = 'CONTRIBUTING.md';

/** The cells of the rows of the table below a heading of the page. */
function table(heading: string, page = read(PAGE)): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split(/\n##+ /);
  const rows = own.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const codesIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
/** Whether a path, or any that a pattern stands for, exists. */
const isThere = (name: string) =>
  name.includes('*') ? globSync(name, { cwd: ROOT }).length > 0 : existsSync(path.join(ROOT, name));
const isFolder = (name: string) => statSync(path.join(ROOT, name)).isDirectory();

/** What the compiler and a run of the tests leave behind, which is not always there. */
const IGNORED = read('.gitignore').split('\n').filter(Boolean);
const PLACE = /^(?:\.?[\w*-]+\/)+[\w.*-]*$|^[\w-]+\.(?:ts|json|yml|cff|md|txt)$/;
const places = (text: string) => codesIn(text).filter((code) => PLACE.test(code));

/** The text of a file, or of all files in a folder. */
function textBelow(place: string): string {
  if (!isFolder(place)) return read(place);
  return globSync('**/*.ts', { cwd: path.join(ROOT, place) })
    .map((file) => read(path.join(place, file)))
    .join('\n');
}

/** A name in code, alone or as a method of something; with `()`, it is called or declared. */
const IDENTIFIER = /^(?:[a-z]+\.)?([A-Za-z_]{4,})(?:\(\))?$/;
const identifiersIn = (text: string) =>
  codesIn(text).flatMap((code) => IDENTIFIER.exec(code)?.[1] ?? []);

/** The identifiers in a text that no source contains as a whole word. */
function missingIn(text: string, source: string): readonly string[] {
  return identifiersIn(text).filter((name) => !new RegExp(`\\b${name}\\b`).test(source));
}

describe('the places in CONTRIBUTING.md', () => {
  const rows = table('Where things are');
  const named = rows.flatMap(([place = '']) => codesIn(place));

  test('exist', () => {
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !isThere(name) && !IGNORED.includes(name))).toEqual([]);
  });

  test('include all folders', () => {
    const below = (folder: string) =>
      readdirSync(path.join(ROOT, folder))
        .map((name) => path.posix.join(folder, name))
        .filter((name) => isFolder(name) && !IGNORED.includes(`${name}/`));
    // Others that begin with a dot are Git's, or those of an editor.
    const isOurs = (name: string) => /^(?!\.)|^\.(ci|github)\b/.test(name);
    const folders = ['.', '.github', 'docs'].flatMap(below).filter(isOurs);
    const missing = folders.filter((name) => !named.some((one) => one.startsWith(`${name}/`)));
    expect(folders).toContain('src');
    expect(missing).toEqual([]);
  });

  test.each(rows)('contain what their row names: %s', (place = '', text = '') => {
    const [folder = ''] = codesIn(place);
    const missing = codesIn(text)
      .filter((name) => PLACE.test(name))
      .filter((name) => !isThere(name) && !isThere(path.join(folder, name)));
    expect(missing).toEqual([]);
  });
});

describe('the commands in CONTRIBUTING.md', () => {
  const { scripts } = JSON.parse(read('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const commands = table('Commands').flatMap(([command = '']) => codesIn(command));

  test('are the scripts of package.json', () => {
    const own = commands.flatMap((command) => /^npm (?:run )?(\S+)$/.exec(command)?.[1] ?? []);
    // npm runs those before others by itself.
    const run = Object.keys(scripts).filter((name) => !name.startsWith('pre'));
    expect([...own].sort()).toEqual(run.sort());
  });

  test('are otherwise files that can be run', () => {
    const others = commands.filter((command) => !command.startsWith('npm '));
    expect(others).toEqual(['.ci/run']);
    expect(others.filter((command) => !isThere(command))).toEqual([]);
  });

  test('for the benchmark, and its options, are in its help', () => {
    const source = read('bench/bench.ts');
    const words = table('Speed').flatMap(([command = '']) =>
      codesIn(command).flatMap((code) => code.split(' -- ')[1]?.split(' ') ?? []),
    );
    expect(words).toContain('--compare');
    expect(words.filter((word) => !source.includes(word))).toEqual([]);
  });
});

describe('the table of what to add', () => {
  const rows = table('How to add something');
  const cells = rows.flatMap(([what = '', ...texts]) => texts.map((text) => ({ what, text })));

  test.each(cells)('names files that exist: $what, $text', ({ text }) => {
    expect(places(text).filter((name) => !isThere(name))).toEqual([]);
  });

  test.each(cells)('names what these files contain: $what, $text', ({ text }) => {
    const source = places(text).filter(isThere).map(textBelow).join('\n');
    expect(missingIn(text, source)).toEqual([]);
  });

  test('has many names that could be missed', () => {
    expect(rows.length).toBeGreaterThan(5);
    expect(cells.flatMap(({ text }) => places(text)).length).toBeGreaterThan(20);
    const identifiers = cells.flatMap(({ text }) => identifiersIn(text));
    expect(identifiers).toEqual(expect.arrayContaining(['FILE_KINDS', 'isOutput', 'SCOPES']));
    const source = textBelow('src/github');
    expect(missingIn('`SCOPES`, `SCOPE` and `scopesOf()`', source)).toEqual(['SCOPE', 'scopesOf']);
  });

  const [, section = ''] = read(PAGE).split('\n## How to add something\n');
  const [own = ''] = section.split(/\n## /);
  const parts = own
    .split('\n### ')
    .slice(1)
    .map((text) => ({ heading: text.split('\n')[0] ?? '', text }));

  test('links to every section below it, and only to these', () => {
    const anchors = parts.map(({ heading }) => heading.toLowerCase().replaceAll(' ', '-'));
    const links = rows.flatMap(([what = '']) => /\]\(#([\w-]+)\)/.exec(what)?.[1] ?? []);
    expect(links).toEqual(anchors);
    expect(anchors).toEqual(expect.arrayContaining(['an-input', 'an-output']));
  });

  test.each(parts)('has steps that name what exists: $heading', ({ text }) => {
    expect(text.split(/^\d\. /m).length).toBeGreaterThan(3);
    expect(places(text).filter((name) => !isThere(name))).toEqual([]);
    expect(missingIn(text, textBelow('src'))).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  test('names paths that exist', () => {
    const named = places(proseOf(PAGE)).filter((name) => name.includes('/'));
    const all = named.filter(
      // Those of the table of places are checked above; they may start at the place.
      (name) => /^(?:\.ci|\.github|__tests__|bench|dist|docs|sandbox|scripts|src)\//.test(name),
    );
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((name) => !isThere(name))).toEqual([]);
  });

  test('would be found to name a path that does not exist', () => {
    const text = '`dist/*/*.licenses.txt`, `dist/*.txt`, `src/nothing.ts` and `src/*.ts`';
    expect(places(text).filter((name) => !isThere(name))).toEqual([
      'dist/*/*.licenses.txt',
      'src/nothing.ts',
    ]);
  });

  test('gives the demo options that it accepts', () => {
    const lines = snippets
      .filter(({ page }) => page === PAGE)
      .flatMap(({ text }) => [...text.matchAll(/^npm (?:--silent )?start -- (.+)$/gm)])
      .map(([, options = '']) => options);
    expect(lines.length).toBeGreaterThan(5);
    for (const options of lines) expect(() => readOptions(options.split(' '))).not.toThrow();
    expect(() => readOptions(['--nothing'])).toThrow();
  });

  test('lists every workflow', () => {
    const named = table('Workflows and releases').flatMap(([name = '']) => codesIn(name));
    const there = readdirSync(path.join(ROOT, '.github/workflows'));
    expect([...named].sort()).toEqual(there.sort());
  });

  test('says which files are mutated, and how many mutants must be found', () => {
    const { mutate, thresholds } = JSON.parse(read('stryker.config.json')) as {
      readonly mutate: readonly string[];
      readonly thresholds: { readonly break: number };
    };
    const rooms = /\{(.*)\}/.exec(mutate[0] ?? '')?.[1]?.split(',') ?? [];
    expect(rooms.length).toBeGreaterThan(3);
    const list = rooms.map((room) => `\`src/${room}/\``).join(', ');
    expect(read(PAGE)).toContain(`${list}, and the files beside them`);
    expect(read(PAGE)).toContain(`fewer than ${thresholds.break} % of the mutants`);
  });

  test('says how much the leak tests try', () => {
    const usual = ['in-process', 'bundle'].flatMap((name) => [
      ...(/effortOf\('(\w+)', (\d+)/.exec(read(`__tests__/leaks/${name}.test.ts`))?.slice(1) ?? []),
    ]);
    const rows = table('Leaks').map(([name = '', text = '']) => [
      codesIn(name)[0],
      /default is (\d+)/.exec(text)?.[1],
    ]);
    expect(rows.slice(0, 2).flat()).toEqual(usual);
    const long = [...read('__tests__/leaks/long.env').matchAll(/^\w+=(\d+)$/gm)].map(([, runs]) =>
      Number(runs).toLocaleString('en-US'),
    );
    expect(read(PAGE)).toContain(`\`npm run test:leaks\` sets them to ${long.join(' and ')}.`);
  });
});
