import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const docs = readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`);
const pages = ['SECURITY.md', 'CONTRIBUTING.md', ...docs].filter((name) => name.endsWith('.md'));
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** What GitHub calls the headings of a page in links. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a page, within the project, that lead nowhere. */
function brokenIn(page: string, text: string): readonly string[] {
  const links = [...text.matchAll(/\]\(([^):]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    const [name = '', anchor] = link.split('#');
    const file = name === '' ? page : path.join(path.dirname(page), name);
    if (!existsSync(path.join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
  });
}

test.each(pages)('the links of %s lead somewhere', (page) => {
  expect(brokenIn(page, read(page))).toEqual([]);
});

test('a link to nowhere would be found', () => {
  const links = ['nowhere.md', '../README.md#nowhere', '../README.md#inputs'];
  const text = links.map((link) => `[text](${link})`).join(' ');
  expect(brokenIn('docs/security.md', text)).toEqual(links.slice(0, 2));
});
