// The blocks of the pages that `npm run docs` writes, between marks.

/** A mark before a block: `<!-- WHAT, written by npm run docs -->`. */
interface MarkedBlocks {
  /** what a mark starts with, as a pattern */
  readonly kinds: string;
  /** what the last mark of a block says after "end of the" */
  readonly end: string;
  /** a block, for what its mark says */
  readonly write: (mark: string) => string;
}

/** The page with its blocks written anew. Throws for a mark without an end. */
export function withBlocks(page: string, { kinds, end, write }: MarkedBlocks): string {
  const starts = page.match(new RegExp(`^<!-- (?:${kinds})`, 'gm'))?.length ?? 0;
  const block = new RegExp(
    `^(<!-- ((?:${kinds}).+), written by npm run docs -->\\n)(?:(?!<!-- ).*\\n)*(<!-- end of the ${end} -->)$`,
    'gm',
  );
  let written = 0;
  const whole = page.replace(block, (_, first: string, mark: string, last: string) => {
    written += 1;
    return `${first}\n${write(mark)}\n\n${last}`;
  });
  if (written !== starts)
    throw new Error(`a mark of a block has a start, but no end of the ${end}`);
  return whole;
}
