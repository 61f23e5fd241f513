import { expect, test } from 'vitest';
import { median, quartiles } from '../../bench/report/statistics.ts';

test.each([
  [[7], 7],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[10, 9, 100], 10],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

test.each([
  [[5], [5, 5]],
  [
    [5, 1, 4, 2, 3],
    [2, 4],
  ],
  [
    [4, 3, 2, 1],
    [1.75, 3.25],
  ],
])('the middle half of %j is between %j', (values, both) => {
  expect(quartiles(values)).toEqual(both);
});

test('an empty list has no median, and the values are not changed', () => {
  expect(median([])).toBeNaN();
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});
