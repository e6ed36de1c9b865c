/** The occlusion tables of the Datasets view. */
import { expect, test } from 'vitest';
import { HIDDEN_AREA_BINS as AREA_BINS, HIDDEN_SHARE_BINS as SHARE_BINS } from '../../../datasets/statistics.ts';
import { ceiling, filterOfBin, isSumOff, PUBLISHED, sumOf, whyUnread } from '../../../src-renderer/views/datasets/occlusionTable.ts';

test('the published tables have a column for every bin of ours', () => {
  for (const row of PUBLISHED.trackletsByHiddenShare) expect(row.percent.length).toBe(SHARE_BINS.length);
  for (const row of PUBLISHED.framesByHiddenArea) expect(row.percent.length).toBe(AREA_BINS.length);
});

test('the published query row adds up to 96.0 and is marked, the others to 100', () => {
  expect(sumOf(PUBLISHED.trackletsByHiddenShare[0].percent)).toBeCloseTo(96.0, 6);
  const rows = [...PUBLISHED.trackletsByHiddenShare, ...PUBLISHED.framesByHiddenArea];
  expect(rows.map((row) => isSumOff(row.percent, 1))).toEqual([true, false, false, false]);
  expect(isSumOff([0, 0, 0], 0)).toBe(false);
});

test('what cannot be read is said to be so, and not to be without values', () => {
  const error = { message: 'The project database cannot be read.', remedy: 'Restore a backup.' };
  expect(whyUnread(error, null, 8)).toBe('The values cannot be read. The project database cannot be read. Restore a backup.');
  // Figures of before an error are no figures of now.
  expect(whyUnread(error, 8, 8)).not.toBeNull();
  expect(whyUnread(null, 0, 8)).toMatch(/^The values cannot be read: .+ Restore a backup in the settings\.$/);
  expect([whyUnread(null, null, 8), whyUnread(null, 8, 8), whyUnread(null, 0, 0)]).toEqual([null, null, null]);
});

test('a bin opens its tracklets: its lower edge is outside, its upper one inside', () => {
  const bin = (label: string) => SHARE_BINS.find((each) => each.label === label) ?? { label, from: 0, to: 0, fromOpen: false, toOpen: false };
  expect(filterOfBin('trackletsByHiddenShare', bin('0'), 3, 'query')).toEqual({ datasetIds: [3], splits: ['query'], hiddenShare: { min: null, max: 0 } });
  expect(filterOfBin('trackletsByHiddenShare', bin('0–40'), 3, 'query').hiddenShare).toEqual({ min: 0, max: 0.4 });
  expect(filterOfBin('trackletsByHiddenShare', bin('40–60'), 3, 'query').hiddenShare).toEqual({ min: 0.4, max: 0.6 });
  expect(filterOfBin('framesByHiddenArea', { label: '70–100', from: 70, to: 100, fromOpen: true, toOpen: false }, 3, 'query').hiddenMax).toEqual({
    min: 8,
    max: 10,
  });
});

test('a chart ends at a round number above its bars', () => {
  expect(ceiling([52.4, 45.3])).toBe(60);
  expect(ceiling([21.4])).toBe(24);
  expect(ceiling([])).toBe(2);
});
