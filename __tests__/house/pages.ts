import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** All pages that people read, as paths below the root. */
export const pages: readonly string[] = globSync(['*.md', 'docs/**/*.md', '.github/*.md'], {
  cwd: ROOT,
})
  .map((name) => name.replaceAll(path.sep, '/'))
  .sort();

export interface Snippet {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

/** The code blocks of all pages. */
export const snippets: readonly Snippet[] = pages.flatMap((page) =>
  [...read(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']): Snippet => ({ page, language, text }),
  ),
);

/** The text of a page without its code blocks. */
export function proseOf(page: string): string {
  return read(page).replaceAll(/^```\w*\n.*?^```$/gms, '');
}
