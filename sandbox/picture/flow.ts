import type { Run } from './markdown.ts';

/** A text in one style, at its place within a line. Units are pixels. */
export interface Piece extends Run {
  readonly x: number;
  readonly width: number;
}

/** The font size of a text, and the room for it. */
export interface Room {
  readonly size: number;
  readonly width: number;
}

/** The size of code and the width of its characters, relative to the size of the text around it. */
export const CODE = { size: 0.85, character: 0.85 * 0.6 } as const;

/** The space on both sides of code. */
export const PADDING = 5;

/** Emoji that are drawn as icons, because not every font has them. */
const ICONS = ['✅', '❌'];
const ICON = 1.35;

/**
 * Characters by their width in Helvetica, relative to its size. Other fonts differ a little, so
 * viewers are told the width of each text, and adjust its glyphs.
 */
const WIDTHS = new Map(
  Object.entries({
    0.2: "'ijl’",
    0.278: ' !,./:;I[]\\ft',
    0.333: '()-r`',
    0.38: '*"',
    0.5: 'Jckrsvxyz',
    0.584: '+<>=~',
    0.667: 'ABEFKPSTVXYZ&',
    0.722: 'CDHNRUw',
    0.778: 'GOQ',
    0.833: 'Mm',
    1: 'W@…%',
  }).flatMap(([width, characters]) => [...characters].map((one) => [one, Number(width)] as const)),
);
const DEFAULT_WIDTH = 0.556;
const BOLD = 1.07;

/** The words of a text that has no space in it, and the space before it, if there is one. */
interface Word {
  readonly space: Run | undefined;
  readonly runs: readonly Run[];
}

export function isIcon(text: string): boolean {
  return ICONS.includes(text);
}

/** Breaks a text into lines: between words if possible, else anywhere. */
export function flow(runs: readonly Run[], room: Room): readonly (readonly Piece[])[] {
  const lines: Piece[][] = [];
  let line: Piece[] = [];
  for (const { space, runs: parts } of wordsOf(runs).flatMap((word) => broken(word, room))) {
    const before = line.length > 0 && space ? [space] : [];
    const longer = [...before, ...parts].reduce((pieces, run) => added(pieces, run, room), line);
    if (line.length > 0 && endOf(longer) > room.width) {
      lines.push(line);
      line = piecesOf(parts, room);
    } else line = longer;
  }
  return [...lines, line];
}

/** The longest line if there is all the room that a text can take, and the longest word. */
export function extentsOf(runs: readonly Run[], size: number) {
  const room = { size, width: Number.POSITIVE_INFINITY };
  const words = wordsOf(runs).map(({ runs: parts }) => endOf(piecesOf(parts, room)));
  return { widest: endOf(flow(runs, room)[0] ?? []), narrowest: Math.max(0, ...words) };
}

/** Where a line ends. */
function endOf(pieces: readonly Piece[]): number {
  const last = pieces.at(-1);
  return last === undefined ? 0 : last.x + last.width + paddingOf(last);
}

function piecesOf(runs: readonly Run[], room: Room): Piece[] {
  return runs.reduce<Piece[]>((pieces, run) => added(pieces, run, room), []);
}

/** The line with one more text, which is one piece with the last one if they have the same style. */
function added(pieces: readonly Piece[], run: Run, { size }: Room): Piece[] {
  const last = pieces.at(-1);
  const width = widthOf(run, size);
  if (last !== undefined && isAlike(last, run) && !isIcon(last.text)) {
    const longer = { ...last, text: last.text + run.text, width: last.width + width };
    return [...pieces.slice(0, -1), longer];
  }
  return [...pieces, { ...run, x: endOf(pieces) + paddingOf(run), width }];
}

function isAlike(one: Run, other: Run): boolean {
  return one.bold === other.bold && one.code === other.code && one.link === other.link;
}

const paddingOf = ({ code }: Run) => (code ? PADDING : 0);

function widthOf({ text, bold, code }: Run, size: number): number {
  if (code) return text.length * CODE.character * size;
  if (isIcon(text)) return ICON * size;
  const widths = [...text].map((one) => WIDTHS.get(one) ?? DEFAULT_WIDTH);
  return widths.reduce((sum, width) => sum + width, 0) * size * (bold ? BOLD : 1);
}

function wordsOf(runs: readonly Run[]): readonly Word[] {
  const words: Word[] = [];
  let word: Word = { space: undefined, runs: [] };
  for (const run of runs) {
    for (const text of run.text.split(/( +)/).filter(Boolean)) {
      if (text.startsWith(' ')) {
        words.push(word);
        word = { space: { ...run, text: ' ' }, runs: [] };
      } else word = { ...word, runs: [...word.runs, { ...run, text }] };
    }
  }
  return [...words, word];
}

/** A word in parts that have room on a line, each of which may begin a new line. */
function broken(word: Word, room: Room): readonly Word[] {
  const fits = (runs: readonly Run[]) => endOf(piecesOf(runs, room)) <= room.width;
  if (fits(word.runs)) return [word];
  const words: Word[] = [];
  let current: Word = { space: word.space, runs: [] };
  for (const run of word.runs.flatMap((one) => [...one.text].map((text) => ({ ...one, text })))) {
    const runs = [...current.runs, run];
    if (current.runs.length === 0 || fits(runs)) current = { ...current, runs };
    else {
      words.push(current);
      current = { space: undefined, runs: [run] };
    }
  }
  return [...words, current];
}
