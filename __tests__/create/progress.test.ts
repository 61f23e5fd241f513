import { describe, expect, test } from 'vitest';
import { Progress, progressLine } from '../../src/create/progress.ts';

describe('a line of progress', () => {
  test.each([
    [{ done: 0, failed: 0, total: 5, milliseconds: 0 }, '0 of 5 done, 0 failed, 5 left'],
    [
      { done: 120, failed: 3, total: 1000, milliseconds: 4000 },
      '120 of 1000 done, 3 failed, 877 left; 30.8 a second, 29 s to go',
    ],
    [
      { done: 10, failed: 0, total: 1000, milliseconds: 10_000 },
      '10 of 1000 done, 0 failed, 990 left; 1.0 a second, 16 min 30 s to go',
    ],
    [
      { done: 1, failed: 0, total: 5000, milliseconds: 2000 },
      '1 of 5000 done, 0 failed, 4999 left; 0.5 a second, 2 h 46 min to go',
    ],
    [
      { done: 9, failed: 1, total: 10, milliseconds: 500 },
      '9 of 10 done, 1 failed, 0 left; 20.0 a second, in 1 s',
    ],
  ])('%j', (count, line) => {
    expect(progressLine(count)).toBe(line);
  });
});

test('progress is told at most once a second, and at the end', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = new Progress(100, { now: () => now }, (line) => lines.push(line));
  for (let agent = 0; agent < 100; agent++) {
    now += 50;
    progress.finished({ failed: agent === 3 });
  }
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^19 of 100 done, 1 failed, 80 left; 20\.0 a second, 4 s to go$/);
  expect(lines.at(-1)).toMatch(/^99 of 100 done, 1 failed, 0 left/);
});
