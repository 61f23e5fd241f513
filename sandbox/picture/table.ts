import { extentsOf } from './flow.ts';
import type { Cell } from './markdown.ts';
import { type Drawn, drawText, FONT, type Frame } from './text.ts';
import { px } from './theme.ts';

/** The space around the text of a cell, in pixels. */
const SPACE = { x: 13, y: 6 } as const;

/** Draws a table, with its headings in the first row. */
export function drawTable(rows: readonly (readonly Cell[])[], frame: Frame): Drawn {
  const [headings = [], ...others] = rows;
  const table = [headings.map(bold), ...others];
  const widths = columnsOf(table, frame.width);
  const svg: string[] = [];
  let { y } = frame;
  for (const [index, cells] of table.entries()) {
    const row = drawRow(
      cells,
      { ...frame, y },
      { widths, isStriped: index > 0 && index % 2 === 0 },
    );
    svg.push(...row.svg);
    y = row.bottom;
  }
  return { svg, bottom: y };
}

const bold = (cell: Cell) => cell.map((line) => line.map((run) => ({ ...run, bold: true })));

/** As wide as the text, or narrower in proportion, as browsers do (CSS 2.2, 17.5.2.2). */
function columnsOf(table: readonly (readonly Cell[])[], room: number): readonly number[] {
  const columns = (table[0] ?? []).map((_, at) => {
    const extents = table.flatMap((cells) => cells[at] ?? []).map((line) => extentsOf(line, FONT));
    const space = 2 * SPACE.x;
    return {
      widest: space + Math.max(...extents.map(({ widest }) => widest)),
      narrowest: space + Math.max(...extents.map(({ narrowest }) => narrowest)),
    };
  });
  const widest = columns.reduce((sum, column) => sum + column.widest, 0);
  const narrowest = columns.reduce((sum, column) => sum + column.narrowest, 0);
  const share = widest <= room ? 1 : Math.max(0, (room - narrowest) / (widest - narrowest));
  return columns.map((column) => column.narrowest + share * (column.widest - column.narrowest));
}

interface Row {
  readonly widths: readonly number[];
  readonly isStriped: boolean;
}

function drawRow(cells: readonly Cell[], frame: Frame, { widths, isStriped }: Row): Drawn {
  const { y, theme } = frame;
  const places = cells.map((cell, at) => {
    const width = widths[at] ?? 0;
    const x = frame.x + widths.slice(0, at).reduce((sum, one) => sum + one, 0);
    // A hair wider than its text, which was rounded.
    const inner = { x: x + SPACE.x, y: y + SPACE.y, width: width - 2 * SPACE.x + 0.01, theme };
    return { cell, x, width, inner, bottom: drawCell(cell, inner).bottom + SPACE.y };
  });
  const bottom = Math.max(...places.map((place) => place.bottom));
  const fill = isStriped ? theme.block : 'none';
  const svg = places.flatMap(({ cell, x, width, inner, bottom: own }) => {
    const edge = `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(bottom - y)}" fill="${fill}" stroke="${theme.edge}"/>`;
    return [edge, ...drawCell(cell, { ...inner, y: inner.y + (bottom - own) / 2 }).svg];
  });
  return { svg, bottom };
}

function drawCell(cell: Cell, frame: Frame): Drawn {
  const svg: string[] = [];
  let { y } = frame;
  for (const line of cell) {
    const drawn = drawText(line, { ...frame, y });
    svg.push(...drawn.svg);
    y = drawn.bottom;
  }
  return { svg, bottom: y };
}
