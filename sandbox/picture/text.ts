import { CODE, flow, isIcon, PADDING, type Piece } from './flow.ts';
import type { Run } from './markdown.ts';
import { px, type Theme, xmlOf } from './theme.ts';

/** The size of text, in pixels, and the height of its lines, relative to that. */
export const FONT = 16;
const LINE_HEIGHT = 1.5;

/** Where a part of the page is, in pixels. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly theme: Theme;
}

/** A part of the page as SVG elements, and where it ends. */
export interface Drawn {
  readonly svg: readonly string[];
  readonly bottom: number;
}

/** Draws a text in lines that have room in the frame. */
export function drawText(runs: readonly Run[], { x, y, width, theme }: Frame, size = FONT): Drawn {
  const height = size * LINE_HEIGHT;
  const lines = flow(runs, { size, width });
  const svg = lines.flatMap((pieces, index) => {
    const baseline = y + index * height + height / 2 + size * 0.36;
    return pieces.flatMap((piece) => drawPiece(piece, { x, y: baseline, theme, size }));
  });
  return { svg, bottom: y + lines.length * height };
}

/** Where a piece of text is: the start of its line, at the baseline. */
export interface Baseline extends Omit<Frame, 'width'> {
  /** of the text around it, in pixels */
  readonly size: number;
}

function drawPiece(piece: Piece, { x, y, theme, size }: Baseline): readonly string[] {
  const left = x + piece.x;
  if (isIcon(piece.text)) {
    return [drawIcon(piece.text, { x: left, y: y - size * 0.95, theme, size: size * 1.15 })];
  }
  const label = drawLabel(piece, { x, y, theme, size });
  if (!piece.code) return [label];
  const top = px(y - size * 0.95);
  const width = px(piece.width + 2 * PADDING);
  const height = px(size * 1.35);
  const box = `<rect x="${px(left - PADDING)}" y="${top}" width="${width}" height="${height}" rx="6" fill="${theme.code}"/>`;
  return [box, label];
}

/** Draws a text with the width that it was given, in any font. */
export function drawLabel(
  { x: offset, width, text, bold, code, link, faint }: Piece,
  { x, y, size }: Baseline,
): string {
  const styles = { c: code, b: bold, l: link, f: faint };
  const style = Object.entries(styles)
    .flatMap(([name, has]) => (has ? name : []))
    .join(' ');
  const attributes = [
    `x="${px(x + offset)}"`,
    `y="${px(y)}"`,
    ...(style === '' ? [] : [`class="${style}"`]),
    `font-size="${px(size * (code ? CODE.size : 1))}"`,
    `textLength="${px(width)}"`,
    'lengthAdjust="spacingAndGlyphs"',
  ];
  return `<text ${attributes.join(' ')}>${xmlOf(text)}</text>`;
}

/** Draws a tick in a green box, or a red cross. */
function drawIcon(text: string, { x, y, size, theme }: Baseline): string {
  const place = `transform="translate(${px(x)} ${px(y)}) scale(${px(size / 20)})"`;
  if (text === '❌') {
    return `<path ${place} d="M3 3L17 17M17 3L3 17" stroke="${theme.failed}" stroke-width="4" stroke-linecap="round"/>`;
  }
  const box = `<rect width="20" height="20" rx="3" fill="${theme.passed}"/>`;
  const tick =
    '<path d="M4.5 10.5L8.5 14.5L15.5 5.5" fill="none" stroke="#fff" stroke-width="2.6"/>';
  return `<g ${place}>${box}${tick}</g>`;
}
