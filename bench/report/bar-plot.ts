import { element, svg } from './svg.ts';

export interface Bar {
  readonly name: string;
  readonly kind: 'action' | 'other' | 'limit';
  readonly value: number;
}

export interface BarPlot {
  readonly title: string;
  readonly description: string;
  readonly bars: readonly Bar[];
  /** a line that the bars should not cross, and its name */
  readonly target: { readonly name: string; readonly value: number };
}

const WIDTH = 760;
/** The start and the maximum end of bars, in pixels from the left. */
const [LEFT, RIGHT] = [270, 690];
const FIRST = 64;
const ROW = 34;

/** Draws bars from left to right, each with its value at its end. */
export function barPlot({ title, description, bars, target }: BarPlot): string {
  const most = Math.max(target.value, ...bars.map(({ value }) => value));
  const x = (value: number) => LEFT + (value / most) * (RIGHT - LEFT);
  const bottom = FIRST + bars.length * ROW;
  const at = x(target.value);
  return svg({ width: WIDTH, height: bottom + 20 }, { title, description }, [
    element('text', { class: 'title', x: 16, y: 28 }, title),
    ...bars.flatMap(({ name, kind, value }, index) => {
      const y = FIRST + index * ROW;
      return [
        element('text', { x: LEFT - 10, y: y + 18, 'text-anchor': 'end' }, name),
        element('rect', { class: `${kind} bar`, x: LEFT, y, width: x(value) - LEFT, height: 24 }),
        element('text', { x: x(value) + 8, y: y + 18 }, value.toFixed(2)),
      ];
    }),
    element('line', { class: 'limit line', x1: at, x2: at, y1: FIRST - 8, y2: bottom }),
    element('text', { x: at, y: FIRST - 14, 'text-anchor': 'middle' }, target.name),
  ]);
}
