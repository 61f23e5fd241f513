/** A piece of text in one style. */
export interface Run {
  readonly text: string;
  readonly bold?: boolean;
  readonly code?: boolean;
  readonly link?: boolean;
  /** a note that is not part of the page */
  readonly faint?: boolean;
}

/** The lines of a cell, which `<br>` separates. */
export type Cell = readonly (readonly Run[])[];

/** A part of a page. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly runs: readonly Run[] }
  | { readonly kind: 'paragraph'; readonly runs: readonly Run[] }
  | { readonly kind: 'item'; readonly depth: number; readonly runs: readonly Run[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly Cell[])[] }
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  | { readonly kind: 'summary'; readonly isOpen: boolean; readonly runs: readonly Run[] };

/**
 * Parses the Markdown that job summaries use, and notes of what a picture leaves out: `[…`. What a
 * closed `<details>` hides is left out.
 */
export function parseMarkdown(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = markdown.replace(CLOSED, '$1').split('\n');
  for (let index = 0; index < lines.length; ) {
    const [block, count] = nextBlock(lines.slice(index));
    if (block !== undefined) blocks.push(block);
    index += count;
  }
  return blocks;
}

/** A closed `<details>`, which shows only its first line. */
const CLOSED = /^(<details><summary>[^\n]*)\n.*?^<\/details>$/gms;

/** The block at the beginning, if there is one, and how many lines it has. */
function nextBlock(lines: readonly string[]): readonly [Block | undefined, number] {
  const [first = ''] = lines;
  const { 1: hashes = '', 2: heading = '' } = /^(#+) (.*)$/.exec(first) ?? [];
  if (heading !== '') {
    return [{ kind: 'heading', level: hashes.length, runs: parseRuns(heading) }, 1];
  }
  const { 1: indent = '', 2: item } = /^( *)- (.*)$/.exec(first) ?? [];
  if (item !== undefined) {
    return [{ kind: 'item', depth: indent.length / 2, runs: parseRuns(item) }, 1];
  }
  const { 1: open, 2: summary } = /^<details( open)?><summary>(.*)<\/summary>$/.exec(first) ?? [];
  if (summary !== undefined) {
    return [{ kind: 'summary', isOpen: open !== undefined, runs: parseRuns(summary) }, 1];
  }
  if (first === '' || first === '</details>') return [undefined, 1];
  if (first.startsWith('```')) {
    const end = lines.indexOf('```', 1);
    return [{ kind: 'code', lines: lines.slice(1, end) }, end + 1];
  }
  if (!first.startsWith('|')) {
    const style = first.startsWith('[…') ? { faint: true } : {};
    return [{ kind: 'paragraph', runs: parseRuns(first, style) }, 1];
  }
  const end = lines.findIndex((line) => !line.startsWith('|'));
  const rows = lines.slice(0, end < 0 ? lines.length : end);
  return [{ kind: 'table', rows: rows.filter((_, at) => at !== 1).map(cellsOf) }, rows.length];
}

function cellsOf(row: string): readonly Cell[] {
  const cells = row.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.split(/<br ?\/?>/).map((line) => parseRuns(line.trim())));
}

/** What has a style of its own within a line: code, bold text, and links. */
const STYLED =
  /<code>(.*?)<\/code>|(?<!`)(`+)(?!`) ?(.+?) ?(?<!`)\2(?!`)|\*\*(.+?)\*\*|\[([^\]]*)\]\([^)]*\)/g;

/** Parses the styles within a line. */
export function parseRuns(text: string, style: Omit<Run, 'text'> = {}): readonly Run[] {
  const runs: Run[] = [];
  let end = 0;
  const plain = (part: string) => part !== '' && runs.push({ ...style, text: decoded(part) });
  for (const match of text.matchAll(STYLED)) {
    plain(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, tagged, , ticked, bold, link] = match;
    const code = ticked ?? (tagged === undefined ? undefined : decoded(tagged));
    if (code !== undefined) runs.push({ ...style, code: true, text: code });
    else if (bold !== undefined) runs.push(...parseRuns(bold, { ...style, bold: true }));
    else runs.push(...parseRuns(link ?? '', { ...style, link: true }));
  }
  plain(text.slice(end));
  return runs;
}

function decoded(text: string): string {
  return text
    .replace(/\\([\\|`*_[\]<>#])/g, '$1')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name) => ENTITIES[name] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };
