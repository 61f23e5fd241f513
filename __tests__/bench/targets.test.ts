import { describe, expect, test } from 'vitest';
import { figureOf, limitOf, mostOf, ratio } from '../../bench/report/figures.ts';
import { targetsOf, targetTable } from '../../bench/report/targets.ts';
import { measured } from './measured.ts';

describe('figures', () => {
  test('are of the runs at one distance, or at any', () => {
    const files = { scenario: 'files', variant: 'action' } as const;
    expect(figureOf(measured, { ...files, roundTrip: 50 })?.median).toBe(260);
    expect(figureOf(measured, { ...files, roundTrip: 0 })?.quartiles).toEqual([56, 65]);
    expect(figureOf(measured, files)?.median).toBe(161);
    expect(figureOf(measured, { ...files, roundTrip: 20 })).toBeUndefined();
  });

  test('have Node and the round trips as their limit', () => {
    expect(limitOf(measured, 'files', 50)).toBe(240);
    expect(limitOf(measured, 'secrets', 50)).toBe(290);
  });

  test('count the most of any run', () => {
    const more = { ...measured.at(-1), requests: 6 } as (typeof measured)[number];
    const secrets = { scenario: 'secrets', variant: 'action' } as const;
    expect(mostOf([...measured, more], secrets, 'requests')).toBe(6);
    expect(mostOf([...measured, more], secrets, 'connections')).toBe(4);
  });

  test('have no ratio to something that was not measured', () => {
    expect(ratio(3, 2)).toBe(1.5);
    expect(ratio(3, undefined)).toBeUndefined();
    expect(ratio(undefined, 2)).toBeUndefined();
  });
});

describe('targets', () => {
  const targets = targetsOf(measured, 1_600_000);

  test('are listed beside what was measured', () => {
    expect(targets.map(({ atMost, measured: value }) => [atMost, value])).toEqual([
      [1.25, 260 / 240],
      [0.92, 260 / 310],
      [1.3, 348.6 / 290],
      [0.45, undefined],
      [2.5, 2],
      [2.5, 3],
      [1.5, 1.6],
      [2, 2],
      [5, 5],
      [2, 2],
      [4, 4],
    ]);
  });

  test('are reached, missed, or not measured', () => {
    const cells = targetTable(targets).map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells.map((row) => row.slice(2, -1)).slice(2, 9)).toEqual([
      ['1.25', '1.08', 'yes'],
      ['0.92', '0.84', 'yes'],
      ['1.30', '1.20', 'yes'],
      ['0.45', 'not measured', ''],
      ['2.50', '2.00', 'yes'],
      ['2.50', '3.00', 'no'],
      ['1.50', '1.60', 'no'],
    ]);
  });

  test('are missed even by less than is shown', () => {
    const nearly = { what: 'x', atMost: 1.25, measured: 1.2501, digits: 2 };
    expect(targetTable([nearly]).at(-1)).toMatch(/1\.25 \|\s+1\.25 \|\s+no \|$/);
  });
});
