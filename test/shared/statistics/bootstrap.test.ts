/** Intervals against NumPy and exact enumeration (test/golden/tools/make_intervals.py, which states seed and tolerance). */
import { describe, expect, test } from 'vitest';
import { FEWEST, intervalsInTurns, intervalsOf, RESAMPLES } from '../../../src-shared/statistics/bootstrap.ts';
import { randomWords } from '../../../src-shared/statistics/random.ts';
import { golden } from '../../models/golden.ts';

interface Case {
  name: string;
  values: number[];
  weights: number[];
  identities: number[];
  low: number;
  high: number;
  sd: number;
}
const { cases } = golden<{ cases: Case[] }>('intervals');

describe.each(cases)('$name', ({ values, weights, identities, low, high, sd }) => {
  test.each([
    { resamples: RESAMPLES, within: 0.1 },
    { resamples: 400_000, within: 0.02 },
  ])('$resamples draws', ({ resamples, within }) => {
    const [interval] = intervalsOf([{ value: values, weight: weights }], identities, { resamples });
    expect(Math.abs((interval?.low as number) - low) / sd).toBeLessThan(within);
    expect(Math.abs((interval?.high as number) - high) / sd).toBeLessThan(within);
  });
});

test('of fewer than five people there is none, however many queries they ask', () => {
  const values = Array.from({ length: 40 }, (_, q) => (q % 7) / 7);
  expect(
    intervalsOf(
      [{ value: values }],
      Array.from(values, (_, q) => q % (FEWEST - 1)),
    ),
  ).toEqual([null]);
  expect(
    intervalsOf(
      [{ value: values }],
      Array.from(values, (_, q) => q % FEWEST),
    )[0],
  ).not.toBeNull();
  expect(intervalsOf([{ value: [] }], [])).toEqual([null]);
  // Whoever has no weight in a mean does not count for it.
  const weight = values.map((_, q) => (q % FEWEST === 0 ? 0 : 1));
  expect(
    intervalsOf(
      [{ value: values }, { value: values, weight }],
      Array.from(values, (_, q) => q % FEWEST),
    )[1],
  ).toBeNull();
});

test('figures of one table come from the same draws: a difference that is the same for everybody has no width', () => {
  const a = [0.1, 0.8, 0.3, 0.9, 0.5, 0.4];
  const b = a.map((value) => value + 0.05);
  const [left, right, gain] = intervalsOf([{ value: a }, { value: b }, { value: a.map((value, q) => (b[q] as number) - value) }], [1, 2, 3, 4, 5, 6]);
  expect(gain?.low).toBeCloseTo(0.05, 12);
  expect(gain?.high).toBeCloseTo(0.05, 12);
  expect((right?.low as number) - (left?.low as number)).toBeCloseTo(0.05, 12);
});

test('in turns it gives the same, and ends early when it is no longer wanted', async () => {
  const values = Float64Array.from({ length: 300 }, (_, q) => (q * 37) % 101);
  const identities = Array.from(values, (_, q) => q);
  let turns = 0;
  expect(await intervalsInTurns([{ value: values }], identities, () => Promise.resolve(++turns > 0))).toEqual(intervalsOf([{ value: values }], identities));
  expect(turns).toBe(5); // 10,000 draws of 300 people, a turn after every half a million but the last
  expect(await intervalsInTurns([{ value: values }], identities, () => Promise.resolve(false))).toBeNull();
});

test('the words are spread evenly, and differ by seed', () => {
  const next = randomWords('a');
  const bins = new Array<number>(16).fill(0);
  for (let i = 0; i < 160_000; i++) bins[next() >>> 28] = (bins[next() >>> 28] as number) + 1;
  // χ² of 15 degrees of freedom: 37.7 is passed by one seed of a thousand.
  expect(bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(37.7);
  expect(randomWords('a')()).toBe(randomWords('a')());
  expect(randomWords('a')()).not.toBe(randomWords('b')());
});
