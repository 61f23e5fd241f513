import { describe, expect, test } from 'vitest';
import { barPlot } from '../../bench/report/bar-plot.ts';
import { linePlot } from '../../bench/report/line-plot.ts';
import { jobPlot, startUpPlot } from '../../bench/report/plots.ts';
import { measured } from './measured.ts';

/** All values of an attribute, where a pattern finds them. */
const valuesOf = (svg: string, pattern: RegExp) =>
  [...svg.matchAll(pattern)].map(([, value = '']) => value);

const line = (values: readonly (readonly [number, number])[]) =>
  linePlot({
    title: 'A <b> & "c"',
    description: 'words',
    axes: ['right', 'up'],
    lines: [{ name: 'one', kind: 'action', points: values.map(([x, y]) => ({ x, y })) }],
  });

describe('a line plot', () => {
  test('has a point for each value, further right and further up the larger it is', () => {
    const svg = line([
      [0, 100],
      [50, 200],
      [100, 400],
    ]);
    const [points = ''] = valuesOf(svg, /points="([^"]+)"/g);
    const places = points.split(' ').map((point) => point.split(',').map(Number));
    const [first = [], second = [], third = []] = places;
    expect(places).toHaveLength(3);
    // Half of the way to the right; a third of the way up.
    expect((second[0] ?? 0) * 2).toBeCloseTo((first[0] ?? 0) + (third[0] ?? 0));
    expect(((first[1] ?? 0) - (second[1] ?? 0)) * 3).toBeCloseTo(
      (first[1] ?? 0) - (third[1] ?? 0),
      0,
    );
  });

  test('has a grid in round steps up to the largest value or more', () => {
    const numbers = valuesOf(line([[1, 430]]), /text-anchor="end">(\d+)</g).map(Number);
    expect(numbers[0]).toBe(0);
    expect(numbers.at(-1)).toBeGreaterThanOrEqual(430);
    expect(new Set(numbers.slice(1).map((value, index) => value - (numbers[index] ?? 0)))).toEqual(
      new Set([100]),
    );
  });

  test('escapes its texts', () => {
    const svg = line([[0, 1]]);
    expect(svg).toContain('<title id="title">A &lt;b&gt; &amp; &quot;c&quot;</title>');
    expect(svg).not.toContain('<b>');
  });

  test('moves names apart that would overlap', () => {
    const lines = ['one', 'two', 'three'].map((name) => ({
      ...{ name, kind: 'lean' as const },
      points: [{ x: 1, y: 10 }],
    }));
    const svg = linePlot({ title: 't', description: 'd', axes: ['a', 'b'], lines });
    const heights = valuesOf(svg, /class="lean name" x="[\d.]+" y="([\d.]+)"/g).map(Number);
    expect(heights).toHaveLength(3);
    expect((heights[1] ?? 0) - (heights[0] ?? 0)).toBeGreaterThanOrEqual(16);
    expect((heights[2] ?? 0) - (heights[1] ?? 0)).toBeGreaterThanOrEqual(16);
  });
});

test('bars are as long as their values', () => {
  const bars = [1, 2, 3].map((value) => ({ name: `${value}`, kind: 'action' as const, value }));
  const target = { name: 'at most', value: 2.5 };
  const svg = barPlot({ title: 't', description: 'd', bars, target });
  const widths = valuesOf(svg, /class="action bar"[^>]* width="([\d.]+)"/g).map(Number);
  const [unit = 0] = widths;
  expect(widths.map((width) => width / unit)).toEqual([1, 2, 3]);
});

describe('the plots of the results', () => {
  const plots = [jobPlot(measured, 'files'), jobPlot(measured, 'secrets'), startUpPlot(measured)];

  test('have a text that describes them', () => {
    const [files, secrets, startUp] = plots.map(({ alt }) => alt);
    expect(files).toContain('this action 60 ms at 0 ms, 260 ms at 50 ms; lean script');
    expect(files).toContain('limit: Node, 4 round trips 40 ms at 0 ms, 240 ms at 50 ms');
    expect(secrets).not.toContain('lean');
    expect(startUp).toContain('missing inputs 2.00; post step, nothing to do 3.00');
  });

  test.each(plots)(
    '$name is readable in both themes, and has a description for readers who can’t see it',
    (plot) => {
      expect(plot.svg).toContain('@media (prefers-color-scheme: dark)');
      expect(plot.svg).toMatch(/role="img" aria-labelledby="title description"/);
      expect(plot.svg).toContain(`<desc id="description">${plot.alt}</desc>`);
      expect(plot.svg).not.toMatch(/NaN|undefined|Infinity/);
    },
  );

  test('have no line for anything that was not measured', () => {
    expect(valuesOf(plots[0]?.svg ?? '', /class="(\w+) line"/g)).toEqual([
      'action',
      'lean',
      'limit',
    ]);
  });
});
