import { expect, it } from 'vitest';
import { figure, fixed, moment, points, roughDuration, signed } from '../../../src-renderer/charts/numbers.ts';

it('writes figures as the wording rules ask', () => {
  expect([points(0.886), points(null), fixed(NaN), fixed(-0.00001, 3), fixed(-0.5), signed(0.654), signed(-0.021), signed(0.001)]).toEqual([
    '88.6',
    '–',
    '–',
    '0.000',
    '−0.50',
    '+0.65',
    '−0.02',
    '0.00',
  ]);
});

it('writes a guess roughly', () => {
  expect([3, 42, 200, 25_500].map(roughDuration)).toEqual(['5 s', '45 s', '3 min', '7 h 5 min']);
});

it('writes ticks short', () => {
  expect([3e-4, 0.05, 0.2, 100, 2500, 0, -0.25].map(figure)).toEqual(['3e-4', '0.05', '0.2', '100', '2,500', '0', '−0.25']);
});

it('names the day only where it is another one', () => {
  const at = new Date(2026, 0, 5, 9, 4).getTime();
  expect([moment(at, at + 3600_000), moment(at, at + 24 * 3600_000)]).toEqual(['09:04', '2026-01-05 09:04']);
});
