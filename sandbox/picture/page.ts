import { CODE } from './flow.ts';
import { type Block, parseMarkdown } from './markdown.ts';
import { drawTable } from './table.ts';
import { type Drawn, drawLabel, drawText, FONT, type Frame } from './text.ts';
import { px, type Theme, xmlOf } from './theme.ts';

/** In pixels, as on GitHub. */
const GAP = 16;
const INDENT = 32;
const HEADINGS: Readonly<Record<number, number>> = { 1: 32, 2: 24, 3: 20, 4: 16 };

interface PageOptions {
  readonly title: string;
  /** in pixels */
  readonly width: number;
  readonly theme: Theme;
}

/** Draws Markdown about as GitHub shows it. The layout doesn't depend on the viewer's fonts. */
export function pageAsSvg(markdown: string, { title, width, theme }: PageOptions): string {
  const margin = width < 500 ? 16 : 32;
  const frame = { x: margin, y: margin, width: width - 2 * margin, theme };
  const { svg, bottom } = drawBlocks(parseMarkdown(markdown), frame);
  const height = Math.ceil(bottom + margin);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${xmlOf(title)}">
<title>${xmlOf(title)}</title>
<style>
text { font-family: -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, 'Liberation Sans', sans-serif; fill: ${theme.text}; white-space: pre }
.b { font-weight: 600 } .l { fill: ${theme.link} } .f { fill: ${theme.faint} }
.c { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6" fill="${theme.page}" stroke="${theme.edge}"/>
${svg.join('\n')}
</svg>
`;
}

function drawBlocks(blocks: readonly Block[], frame: Frame): Drawn {
  const svg: string[] = [];
  let { y } = frame;
  let previous: Block | undefined;
  for (const block of blocks) {
    if (previous !== undefined) y += gapBetween(previous, block);
    const drawn = drawBlock(block, { ...frame, y });
    svg.push(...drawn.svg);
    y = drawn.bottom;
    previous = block;
  }
  return { svg, bottom: y };
}

function gapBetween(previous: Block, { kind }: Block): number {
  if (kind === 'heading') return 24;
  if (kind === 'item' && previous.kind === 'item') return 4;
  return previous.kind === 'summary' ? 0 : GAP;
}

function drawBlock(block: Block, frame: Frame): Drawn {
  switch (block.kind) {
    case 'heading': {
      const runs = block.runs.map((run) => ({ ...run, bold: true }));
      return drawText(runs, frame, HEADINGS[block.level]);
    }
    case 'paragraph':
      return drawText(block.runs, frame);
    case 'item': {
      const { svg, bottom } = drawText(block.runs, indented(frame, INDENT * (block.depth + 1)));
      return { svg: [drawBullet(block.depth, frame), ...svg], bottom };
    }
    case 'summary': {
      const { svg, bottom } = drawText(block.runs, indented(frame, 18));
      return { svg: [drawTriangle(block.isOpen, frame), ...svg], bottom };
    }
    case 'code':
      return drawCode(block.lines, frame);
    case 'table':
      return drawTable(block.rows, frame);
  }
}

function indented(frame: Frame, indent: number): Frame {
  return { ...frame, x: frame.x + indent, width: frame.width - indent };
}

function drawBullet(depth: number, { x, y, theme }: Frame): string {
  const paint = depth === 0 ? `fill="${theme.text}"` : `fill="none" stroke="${theme.text}"`;
  return `<circle cx="${x + INDENT * depth + 18}" cy="${px(y + 12.5)}" r="2.7" ${paint}/>`;
}

function drawTriangle(isOpen: boolean, { x, y, theme }: Frame): string {
  const shape = isOpen ? `M${x} ${px(y + 8)}h11l-5.5 9z` : `M${x} ${px(y + 6.5)}v11l9 -5.5z`;
  return `<path d="${shape}" fill="${theme.text}"/>`;
}

/** What is wider than the page is cut, with a scroll bar below, as in browsers. */
function drawCode(lines: readonly string[], { x, y, width, theme }: Frame): Drawn {
  const line = 20;
  const character = FONT * CODE.character;
  const room = width - 2 * GAP;
  const most = Math.floor(room / character);
  const longest = Math.max(...lines.map(({ length }) => length));
  const height = lines.length * line + 2 * GAP;
  const box = `<rect x="${x}" y="${px(y)}" width="${width}" height="${height}" rx="6" fill="${theme.block}"/>`;
  const labels = lines.map((whole, index) => {
    const text = whole.slice(0, most);
    const piece = { text, code: true, x: GAP, width: text.length * character };
    return drawLabel(piece, { x, y: y + GAP + line * index + 14, theme, size: FONT });
  });
  const bar = `<rect x="${x + GAP}" y="${px(y + height - 9)}" width="${px((room * most) / longest)}" height="5" rx="2.5" fill="${theme.bar}"/>`;
  return { svg: [box, ...labels, ...(longest > most ? [bar] : [])], bottom: y + height };
}
