import { expect, it } from 'vitest';
import { lastValue, nearest } from '../../../src-renderer/charts/lineChart.ts';

it('finds the nearest point, the earlier one of two equally near', () => {
  const xs = [0, 10, 20, 40];
  expect([-5, 4, 5, 6, 29, 31, 99].map((x) => nearest(xs, x))).toEqual([0, 0, 0, 1, 2, 3, 3]);
  expect(nearest([], 1)).toBe(-1);
});

it('takes the last value that is there', () => {
  expect([lastValue([1, 2, NaN]), lastValue([])]).toEqual([2, NaN]);
});
