/** The number of characters beside a piece that may match by chance. */
const MOST_BY_CHANCE = 3;

/** A part of a text: the index of its first character, and the index after its last one. */
export type Span = readonly [from: number, to: number];

/** The text with `***` for each span; overlapping spans are hidden as one. */
export function hideSpans(text: string, spans: readonly Span[]): string {
  let hidden = '';
  let done = 0;
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from >= done) hidden += `${text.slice(done, from)}***`;
    done = Math.max(done, to);
  }
  return hidden + text.slice(done);
}

/** How a text and known ones are compared. */
export interface Comparison {
  /** the least number of characters in common */
  readonly length: number;
  /** what may be between any two of them, such as line ends */
  readonly between: RegExp;
  /** whether a piece of that length is worth hiding; a longer one is if one of its pieces is */
  readonly mayBe?: (piece: string) => boolean;
}

/**
 * Where a text has something in common with known ones. Takes time in proportion to the length of all
 * texts, whatever their content.
 */
export function sharedSpans(
  text: string,
  known: readonly string[],
  { length, between, mayBe = () => true }: Comparison,
): readonly Span[] {
  const places = [...text.split('').keys()].filter((at) => !between.test(text[at] ?? ''));
  const joined = places.map((at) => text[at]).join('');
  const inJoined = spansIn(joined, sharedPieces(joined, known, length), length, mayBe);
  const spans = inJoined.map((span): Span => {
    const [from, to] = withoutChance(span, places);
    return [places[from] ?? 0, (places[to - 1] ?? 0) + 1];
  });
  // What may be between them may also be part of a piece.
  if (joined === text) return spans;
  return [...spans, ...spansIn(text, sharedPieces(text, known, length), length, mayBe)];
}

/** A span without the few separate characters at its ends that may match by chance. */
function withoutChance([from, to]: Span, places: readonly number[]): Span {
  const isGap = (at: number) => (places[at] ?? 0) - (places[at - 1] ?? 0) > 1;
  const near = Array.from({ length: MOST_BY_CHANCE }, (_, index) => index + 1);
  const skipped = near.findLast((count) => isGap(from + count)) ?? 0;
  const left = near.findLast((count) => isGap(to - count)) ?? 0;
  return [from + skipped, to - left];
}

/** The longest stretches of a text in which all pieces of a length are shared. */
function spansIn(
  text: string,
  shared: ReadonlySet<string>,
  length: number,
  mayBe: (piece: string) => boolean,
): readonly Span[] {
  const spans: Span[] = [];
  if (shared.size === 0) return spans;
  for (let at = 0; at + length <= text.length; at++) {
    const from = at;
    let isHidden = false;
    // To its very ends: the pieces there may not look like a key by themselves.
    for (; shared.has(text.slice(at, at + length)); at++) {
      isHidden ||= mayBe(text.slice(at, at + length));
    }
    if (isHidden) spans.push([from, at + length - 1]);
  }
  return spans;
}

/** The pieces of one length that a text shares with known ones. */
function sharedPieces(text: string, known: readonly string[], length: number): ReadonlySet<string> {
  const wanted = new Set<string>();
  // Comparing two characters first quickly rules out most places.
  const begins = new Uint8Array(2 ** 16);
  for (let at = 0; at + length <= text.length; at++) {
    wanted.add(text.slice(at, at + length));
    begins[pairAt(text, at)] = 1;
  }
  const shared = new Set<string>();
  for (const form of known) {
    for (let at = 0; at + length <= form.length; at++) {
      if (begins[pairAt(form, at)] === 0) continue;
      const piece = form.slice(at, at + length);
      if (wanted.has(piece)) shared.add(piece);
    }
  }
  return shared;
}

/** Two characters as one number; pairs with characters beyond ASCII may share a number. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) << 8) ^ text.charCodeAt(at + 1)) & 0xffff;
}
