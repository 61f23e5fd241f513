import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, proseOf, ROOT, read } from './pages.ts';

/** What GitHub calls the headings of a page in links. */
function anchorsOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links and pictures of a page, within the project, that lead nowhere. */
function brokenIn(page: string, text: string): readonly string[] {
  const links = [
    ...text.matchAll(/\]\(([^):]+)\)/g),
    ...text.matchAll(/\b(?:src|srcset|href)="([^":]+)"/g),
  ].map(([, link = '']) => link);
  return links.filter((link) => {
    const [name = '', anchor] = link.split('#');
    const file = name === '' ? page : path.join(path.dirname(page), name);
    if (!existsSync(path.join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
}

test.each(pages)('the links of %s have targets', (page) => {
  expect(brokenIn(page, proseOf(page))).toEqual([]);
});

test('a link without a target would be found', () => {
  const links = ['nowhere.md', '../README.md#nowhere', '../README.md#inputs'];
  const text = links.map((link) => `[text](${link})`).join(' ');
  expect(brokenIn('docs/security.md', text)).toEqual(links.slice(0, 2));
  expect(brokenIn('README.md', '<img src="docs/pictures/nothing.png">')).toHaveLength(1);
});

test('every page can be reached from the README', () => {
  const seen = new Set(['README.md']);
  for (const page of seen) {
    for (const [, link = ''] of proseOf(page).matchAll(/\]\(([^):#]+\.md)/g)) {
      seen.add(path.posix.join(path.posix.dirname(page), link));
    }
  }
  expect(pages.filter((page) => !seen.has(page))).toEqual([]);
});

describe('the pictures', () => {
  const FOLDER = 'docs/pictures';
  const pictures = readdirSync(path.join(ROOT, FOLDER)).map((name) => `${FOLDER}/${name}`);

  test('are shown, with a text for readers who can’t see them', () => {
    const shown = pages.map(read).join('\n');
    expect(pictures.filter((name) => !shown.includes(path.basename(name)))).toEqual([]);
    for (const [image] of shown.matchAll(/<img[^>]*>/g)) expect(image).toMatch(/ alt="[^"]{20,}"/);
    for (const [image] of shown.matchAll(/!\[[^\]]*\]/g)) expect(image.length).toBeGreaterThan(20);
  });

  test('of the benchmark show the latest measurements', () => {
    const textOf = (page: string, file: string) =>
      [...read(page).matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)].find(
        ([, , name]) => name === file,
      )?.[1];
    const told = textOf('docs/how-it-works.md', '../bench/files.svg');
    expect(told).toMatch(/this action \d+ ms/);
    expect(told).toBe(textOf('bench/results.md', 'files.svg'));
  });

  test.each(pictures)('are small: %s', (name) => {
    expect(readFileSync(path.join(ROOT, name)).length).toBeLessThan(150_000);
  });
});

test('the README is short enough to be read', () => {
  expect(read('README.md').trim().split(/\s+/).length).toBeLessThanOrEqual(1900);
});
