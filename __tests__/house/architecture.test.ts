import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { proseOf, ROOT, read, snippets } from './pages.ts';

const PAGE = 'docs/architecture.md';
const [tree = ''] = snippets.filter(({ page }) => page === PAGE).map(({ text }) => text);

const below = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: ROOT }).map((name) => name.replaceAll(path.sep, '/'));

/** The files that a tree of indented lines names in a folder and in those below it. */
function filesIn(lines: string, root: string): readonly string[] {
  const files: string[] = [];
  const folders: string[] = [];
  for (const line of lines.split('\n')) {
    const [, indent = '', folder] = /^( *)(?:([\w.-]+)\/)?/.exec(line) ?? [];
    const depth = indent.length / 2;
    if (!Number.isInteger(depth) || depth > folders.length) continue;
    folders.length = depth;
    if (folder !== undefined) folders.push(folder);
    if (folders[0] !== root || folder !== undefined) continue;
    const names = line.match(/[\w-]+\.ts\b/g) ?? [];
    files.push(...names.map((name) => [...folders, name].join('/')));
  }
  return files.sort();
}

describe('the page on the architecture', () => {
  test('names every file of src/, and no other', () => {
    const named = filesIn(tree, 'src');
    expect(named).toEqual([...below('src/**/*.ts')].sort());
  });

  test('names no file of the sandbox that does not exist', () => {
    const named = filesIn(tree, 'sandbox');
    expect(named.length).toBeGreaterThan(10);
    const there = below('sandbox/**/*.ts');
    expect(named.filter((name) => !there.includes(name))).toEqual([]);
  });

  const codes = [...proseOf(PAGE).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const sources = below('{src,sandbox,bench,docs,scripts,__tests__}/**/*.{ts,js}');

  test('names files in its text that exist', () => {
    const named = codes.filter((code) => /^[\w/-]+\.(?:ts|js)$/.test(code));
    expect(named.length).toBeGreaterThan(20);
    const there = [...sources, ...below('dist/*.js')];
    expect(named.filter((name) => !there.some((file) => `/${file}`.endsWith(`/${name}`)))).toEqual(
      [],
    );
  });

  test('names functions and records that exist', () => {
    const text = sources.map((file) => readFileSync(path.join(ROOT, file), 'utf8')).join('\n');
    const words = `${tree}\n${proseOf(PAGE)}`;
    const named = [
      ...words.matchAll(/\b([a-z]\w+)\(\)/g),
      ...words.matchAll(/`([A-Z]+_[A-Z]+)` in/g),
    ].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(8);
    const isThere = (name: string) =>
      new RegExp(`\\b(?:function|const) ${name}\\b|^ +(?:async )?${name}\\(`, 'm').test(text);
    expect(named.filter((name) => name !== 'import' && !isThere(name))).toEqual([]);
  });
});

test('the rule on secrets names every file that reveals one', () => {
  const [rule = ''] = read(PAGE).match(/^4\. \*\*A secret is .*$/m) ?? [];
  const revealing = below('src/**/*.ts').filter((file) => read(file).includes('.reveal()'));
  expect(revealing.length).toBeGreaterThan(5);
  // The sealed box is named in words.
  const covered = (file: string) =>
    /keys\/|sealed-box/.test(file) || rule.includes(`\`${file.replace('src/', '')}\``);
  expect(revealing.filter((file) => !covered(file))).toEqual([]);
});

test('a file that does not exist would be found', () => {
  const lines = 'src/\n  main.ts\n  http/\n    a.ts  b.ts   the first, c.ts the second\nsandbox/\n';
  expect(filesIn(lines, 'src')).toEqual([
    ...['src/http/a.ts', 'src/http/b.ts', 'src/http/c.ts', 'src/main.ts'],
  ]);
  expect(read(PAGE)).toContain(tree);
});
