import { expect, it } from 'vitest';
import { amount, count, duration, figure, percent, plural, roughDuration, signed } from '../../../src-renderer/charts/numbers.ts';

it('writes figures as the wording rules ask', () => {
  expect([percent(0.886), percent(null), count(18744), signed(0.654), signed(-0.021), signed(0.001), amount(25_900_000), amount(4.9e9)]).toEqual(['88.6', '–', '18,744', '+0.65', '−0.02', '0.00', '25.9 M', '4.9 G']);
});

it('writes durations in two units at most', () => {
  expect([45, 94, 720, 15_120, 200_000].map(duration)).toEqual(['45 s', '1 m 34 s', '12 m', '4 h 12 m', '2 d']);
  expect([3, 42, 200, 25_500].map(roughDuration)).toEqual(['5 s', '45 s', '3 m', '7 h 5 m']);
});

it('writes ticks short', () => {
  expect([3e-4, 0.05, 0.2, 100, 2500, 0].map(figure)).toEqual(['3e-4', '0.05', '0.2', '100', '2,500', '0']);
  expect([plural(1, 'query', 'queries'), plural(3, 'run')]).toEqual(['1 query', '3 runs']);
});
