import { expect, it } from 'vitest';
import { estimateTitle, gainInterval, intervalText, pValue } from '../../../src-renderer/views/compare/figures.ts';

it('writes p without false precision', () => {
  expect([pValue(0.0004), pValue(0.0312), pValue(0.4), pValue(NaN)]).toEqual(['p < 0.001', 'p 0.031', 'p 0.40', 'p not known']);
});

it('writes an interval, nothing while it is drawn, and a dash with its reason where there is none', () => {
  const known = { value: 0.8, interval: { low: 0.741, high: 0.86 } };
  const none = { value: 0.8, interval: null };
  expect([intervalText(known, true), intervalText(none, false), intervalText(none, true)]).toEqual(['74.1–86.0', '', '–']);
  expect([gainInterval({ value: 0, interval: { low: -0.01, high: 0.102 } }, true), gainInterval(none, true)]).toEqual(['−1.0 to +10.2', '–']);
  expect(estimateTitle('mAP', none, 4, 3, true)).toBe('mAP of 4 queries of 3 people. No interval: 3 people, and it takes 5');
  expect(estimateTitle('mAP', { value: 1, interval: { low: 1, high: 1 } }, 6, 6, true)).toContain('draws of people, which are all alike');
  expect(estimateTitle('mAP', known, 1, 1, true)).toBe('mAP of 1 query of 1 person; 95 % interval from 10,000 draws of people');
});
