import type { Line } from './screen.ts';

/** Renders a job summary for a terminal: without tags, with tables as lists, and code unwrapped. */
export function markdownAsText(markdown: string): readonly Line[] {
  const lines: Line[] = [];
  let headings: readonly string[] | undefined;
  let isCode = false;
  for (const line of markdown.trim().split('\n')) {
    if (line.startsWith('```')) {
      isCode = !isCode;
    } else if (isCode) {
      lines.push({ text: line, isCode: true });
    } else if (line.startsWith('|')) {
      const cells = cellsOf(line);
      if (headings === undefined) headings = cells.map(plain);
      else if (!isRule(cells)) lines.push(...rowAsText(headings, cells));
    } else {
      headings = undefined;
      const text = plain(line);
      if (line.startsWith('#')) lines.push({ text: heading(line), style: 'bold' });
      else lines.push(text === '' || /^\s*- /.test(line) ? { text } : { text, hang: 0 });
    }
  }
  while (lines.at(-1)?.text === '') lines.pop();
  return lines.filter(({ text }, index) => text !== '' || lines[index - 1]?.text !== '');
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const isRule = (cells: readonly string[]) => cells.every((cell) => /^:?-+:?$/.test(cell));

function rowAsText(headings: readonly string[], cells: readonly string[]): readonly Line[] {
  const width = Math.max(...headings.map(({ length }) => length));
  return cells.flatMap((cell, index) =>
    cell
      .split(/<br ?\/?>/)
      .map(plain)
      .filter((text) => text !== '')
      .map((text, row) => {
        const heading = row === 0 ? (headings[index] ?? '') : '';
        const bullet = index === 0 && row === 0 ? '-' : ' ';
        return { label: `${bullet} ${heading.padEnd(width)}  `, text };
      }),
  );
}

/** A heading, without the URLs of its links: there is no room for them. */
function heading(line: string): string {
  return plain(line.replace(/^#+ /, '').replace(LINK, '$1'));
}

const LINK = /!?\[([^\]]*)\]\(([^)]*)\)/g;

/** Code between backticks: the second group, verbatim. The text of a link is none. */
const CODE_SPAN = /(?<![`[])(`+)(?!`) ?(.+?) ?(?<!`)\1(?!`)/g;

/** Strips tags, emphasis and escapes from a text, and shows the URLs of links. Code stays verbatim. */
function plain(text: string): string {
  let shown = '';
  let end = 0;
  for (const match of text.matchAll(CODE_SPAN)) {
    const [span, , code = ''] = match;
    shown += plainProse(text.slice(end, match.index)) + code;
    end = match.index + span.length;
  }
  return (shown + plainProse(text.slice(end))).trim();
}

function plainProse(text: string): string {
  return text
    .replace(/<\/?[a-z][^>]*>/gi, '')
    .replace(LINK, '$1 ($2)')
    .replace(/\*\*|`/g, '')
    .replace(/\\([\\|`*_[\]<>#])/g, '$1')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name) => ENTITIES[name] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };
