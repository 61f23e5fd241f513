import { element, svg } from './svg.ts';

/** One line of a plot. Its kind gives the colour. */
export interface Line {
  readonly name: string;
  readonly kind: 'action' | 'other' | 'lean' | 'usual' | 'limit';
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
  /** the quartiles */
  readonly spread?: readonly [number, number];
}

export interface LinePlot {
  readonly title: string;
  readonly description: string;
  /** the horizontal and the vertical axis, with their units */
  readonly axes: readonly [string, string];
  readonly lines: readonly Line[];
}

const SIZE = { width: 760, height: 400 };
/** Space around the lines: on the right are their names. */
const FREE = { left: 64, right: 230, top: 56, bottom: 52 };
const BOTTOM = SIZE.height - FREE.bottom;
const RIGHT = SIZE.width - FREE.right;
/** The minimum distance between the names of lines, in pixels. */
const APART = 18;

interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Draws lines over a common axis, each with its name at its end. */
export function linePlot({ title, description, axes, lines }: LinePlot): string {
  const points = lines.flatMap((line) => line.points);
  const step = stepFor(Math.max(...points.map(({ y, spread }) => spread?.[1] ?? y)));
  const top = step * Math.ceil(Math.max(...points.map(({ y, spread }) => spread?.[1] ?? y)) / step);
  const right = Math.max(...points.map(({ x }) => x), 1);
  const scale: Scale = {
    x: (value) => FREE.left + (value / right) * (RIGHT - FREE.left),
    y: (value) => BOTTOM - (value / top) * (BOTTOM - FREE.top),
  };
  const heights = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const places = [...new Set(points.map(({ x }) => x))];
  return svg(SIZE, { title, description }, [
    element('text', { class: 'title', x: 16, y: 28 }, title),
    element('text', { x: 16, y: 46 }, axes[1]),
    element('text', { x: (FREE.left + RIGHT) / 2, y: SIZE.height - 12, ...MIDDLE }, axes[0]),
    ...heights.flatMap((value) => gridLine(scale, value)),
    ...places.map((x) => element('text', { x: scale.x(x), y: BOTTOM + 20, ...MIDDLE }, String(x))),
    ...lines.flatMap((line) => drawLine(scale, line)),
    ...namesOf(scale, lines),
  ]);
}

const MIDDLE = { 'text-anchor': 'middle' };

/** A round distance between lines of the grid, for four to ten of them. */
function stepFor(top: number): number {
  const power = 10 ** Math.floor(Math.log10(top / 4));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => top / step <= 8) ?? power;
}

function gridLine({ y }: Scale, value: number): readonly string[] {
  const at = y(value);
  return [
    element('line', { class: 'grid', x1: FREE.left, x2: RIGHT, y1: at, y2: at }),
    element('text', { x: FREE.left - 8, y: at + 4, 'text-anchor': 'end' }, String(value)),
  ];
}

function drawLine({ x, y }: Scale, { kind, points }: Line): readonly string[] {
  const way = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ');
  return [
    element('polyline', { class: `${kind} line`, points: way }),
    ...points.flatMap((point) => {
      const at = { x1: x(point.x), x2: x(point.x) };
      const [low, high] = point.spread ?? [point.y, point.y];
      return [
        element('line', { class: `${kind} spread`, ...at, y1: y(low), y2: y(high) }),
        element('circle', { class: `${kind} dot`, cx: x(point.x), cy: y(point.y), r: 3 }),
      ];
    }),
  ];
}

/** The names beside the ends of the lines, moved down if they would overlap. */
function namesOf({ y }: Scale, lines: readonly Line[]): readonly string[] {
  const ends = lines
    .map(({ name, kind, points }) => ({ name, kind, at: y(points.at(-1)?.y ?? 0) + 4 }))
    .sort((a, b) => a.at - b.at);
  let last = 0;
  return ends.map(({ name, kind, at }) => {
    last = Math.max(at, last + APART);
    return element('text', { class: `${kind} name`, x: RIGHT + 12, y: last }, name);
  });
}
