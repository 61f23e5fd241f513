/** Where a word that is longer than a line may be broken. */
const JOINT = /[\s/:,;=&?_.-]/;

/**
 * The text in lines of at most `width` characters, broken between words where that can be; every
 * line but the first begins with `hang` spaces.
 */
export function wrap(text: string, width: number, hang = 2): readonly string[] {
  const lines: string[] = [];
  let rest = text.trimEnd();
  let indent = '';
  while (indent.length + rest.length > width) {
    const end = endOfLine(rest, width - indent.length);
    lines.push(indent + rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
    indent = ' '.repeat(hang);
  }
  return [...lines, indent + rest];
}

/** How much of the text fits: up to a space, else up to a joint of a word, else what there is room for. */
function endOfLine(text: string, room: number): number {
  const start = text.search(/\S/);
  const space = text.lastIndexOf(' ', room);
  // A long word after a few short ones would leave most of the line empty.
  if (space > start && space > room / 3) return space;
  for (let end = room; end > room / 2; end--) {
    if (JOINT.test(text[end - 1] ?? '')) return end;
  }
  return space > start ? space : room;
}
