import { describe, expect, test } from 'vitest';
import { firstOf, linesOf } from '../../src/report/lists.ts';

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `device${index}`);

describe('a list of names', () => {
  test('has the first twenty, and how many are left out', () => {
    expect(firstOf(['a', 'b'])).toBe('a, b');
    expect(firstOf(namesOf(20))).toBe(namesOf(20).join(', '));
    expect(firstOf(namesOf(23))).toBe(`${namesOf(20).join(', ')} and 3 more`);
  });

  test('is logged completely in a few long lines', () => {
    const names = namesOf(1000);
    const lines = linesOf('Left', names);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.length).toBeLessThan(7);
    const told = lines.flatMap((line) => line.replace(/^Left: |,$/g, '').split(', '));
    expect(told).toEqual(names);
    expect(lines.every((line) => line.length < 2_100)).toBe(true);
    expect(linesOf('Left', ['a'])).toEqual(['Left: a']);
    expect(linesOf('Left', [])).toEqual([]);
  });
});
