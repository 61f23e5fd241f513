/** Characters after which a long word may be broken. */
const JOINT = /[\s/:,;=&?_.-]/;

/**
 * Wraps a text to lines of at most `width` characters, between words if possible. All lines but the
 * first are indented by `hang` spaces.
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

/** Where to break the text: at a space if possible, else at a joint of a word, else anywhere. */
function endOfLine(text: string, room: number): number {
  const start = text.search(/\S/);
  const space = text.lastIndexOf(' ', room);
  // Moving a long word to the next line must not leave this one mostly empty.
  if (space > start && space > room / 3) return space;
  for (let end = room; end > room / 2; end--) {
    if (JOINT.test(text[end - 1] ?? '')) return end;
  }
  return space > start ? space : room;
}
