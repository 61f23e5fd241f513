/** Text as code in a table's cell: nothing in it is taken for Markdown, HTML or the cell's end. */
export function code(text: string | undefined): string {
  if (text === undefined) return '';
  const escaped = text.replace(/[&<>"'|`*_\\[\]~]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** GitHub takes a summary of 1 MiB at most; this is for its agents, in bytes. */
export const MOST_SHOWN = 900 * 1024;

/** The first lines, as many as fit. */
export function upTo(bytes: number, lines: readonly string[]): readonly string[] {
  let size = 0;
  const end = lines.findIndex((line) => {
    size += bytesOf([line]);
    return size > bytes;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/** The size of lines with their ends. */
export function bytesOf(lines: readonly string[]): number {
  return lines.reduce((size, line) => size + Buffer.byteLength(line) + 1, 0);
}

/** Lines that a reader can fold and unfold. The title is our own words, shown as they are. */
export function folded(
  title: string,
  lines: readonly string[],
  { open }: { readonly open: boolean },
): readonly string[] {
  const head = `<details${open ? ' open' : ''}><summary>${title}</summary>`;
  return [head, '', ...lines, '', '</details>', ''];
}

/** Lines as a document: no more than one blank line in a row, one line end at the end. */
export function document(lines: readonly string[]): string {
  const kept = lines.filter((line, index) => line !== '' || lines[index - 1] !== '');
  return `${kept.join('\n').trim()}\n`;
}
