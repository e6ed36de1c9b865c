import { expect, it } from 'vitest';
import { cmcBand, pValue } from '../../../src-renderer/views/compare/figures.ts';
import { wilson } from '../../../src-renderer/charts/intervals.ts';

it('surrounds the CMC of the valid queries', () => {
  const queries = Array.from({ length: 20 }, (_, i) => ({ trackletId: i, ap: [0], inp: [0], firstHit: [i % 2 ? 1 : 3], valid: true })).concat({
    trackletId: 99,
    ap: [0],
    inp: [0],
    firstHit: [0],
    valid: false,
  });
  const band = cmcBand(queries, 0, [1, 2, 5], (id) => id >> 1);
  expect(band.rank).toEqual([1, 2, 5]);
  expect({ low: band.low[0], high: band.high[0] }).toEqual(wilson(0.5, 20));
  expect(band.high[2]).toBeCloseTo(1, 12);
  expect(band.low[2]).toBeLessThan(0.85);
});

it('writes p without false precision', () => {
  expect([pValue(0.0004), pValue(0.0312), pValue(0.4), pValue(NaN)]).toEqual(['p < 0.001', 'p 0.031', 'p 0.40', 'p not known']);
});
