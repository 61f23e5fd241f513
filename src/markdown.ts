/** Text as code in a table's cell: nothing in it is taken for Markdown, HTML or the cell's end. */
export function code(text: string | undefined): string {
  if (text === undefined) return '';
  const escaped = text.replace(/[&<>"'|`*_\\[\]~]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<code>${escaped}</code>`;
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
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
