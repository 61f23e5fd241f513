/** Characters after which a long word may be broken. */
const JOINT = /[\s/:,;=&?_.-]/;

/** A fingerprint, or what is left of it on the next line: 8 to 32 bytes in hex. */
const FINGERPRINT = /(?:[0-9A-F]{2}:){7,31}[0-9A-F]{2}/g;

/** Where a fingerprint may be folded, in characters: after 16 bytes if they fit, else after 8. */
const FOLDS = [16 * 3, 8 * 3];

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

/**
 * Where to break the text: at a space if possible, else at a joint of a word, else anywhere. A URL
 * that fits into a line stays whole, because people open it.
 */
function endOfLine(text: string, room: number): number {
  const fold = foldOf(text, room);
  if (fold !== undefined) return fold;
  const start = text.search(/\S/);
  const space = text.lastIndexOf(' ', room);
  const [word = ''] = text.slice(space + 1).split(/\s/, 1);
  const isUrl = word.includes('://') && word.length <= room;
  // Moving any other long word to the next line must not leave this one mostly empty.
  if (space > start && (isUrl || space > room / 3)) return space;
  for (let end = room; end > room / 2; end--) {
    if (JOINT.test(text[end - 1] ?? '')) return end;
  }
  return space > start ? space : room;
}

/**
 * Where to fold a fingerprint that crosses the end of the line, unless it fits on the next line.
 */
function foldOf(text: string, room: number): number | undefined {
  for (const { index: start, 0: bytes } of text.matchAll(FINGERPRINT)) {
    const end = start + bytes.length;
    if (start >= room || end <= room) continue;
    if (bytes.length <= room && start > room / 3) return undefined;
    return FOLDS.map((fold) => start + fold).find((fold) => fold <= room && fold < end);
  }
  return undefined;
}
