/** The two occlusion tables: the published ones (reference tables 4.1 and 4.2 of the ODV thesis) and small cases counted by hand. */
import { expect, test } from 'vitest';
import {
  checkRow,
  framesByHiddenArea,
  HIDDEN_SHARE_BINS,
  occlusionStatistics,
  trackletsByHiddenShare,
  type ScoredTracklet,
} from '../../datasets/statistics.ts';

const QUERY_SHARE = [0, 1.1, 6.1, 8.4, 13.8, 33.2, 33.4];
const GALLERY_SHARE = [31.0, 25.6, 3.4, 3.6, 5.9, 12.4, 18.1];
const QUERY_AREA = [13.5, 11.1, 12.4, 14.8, 14.9, 15.6, 11.1, 6.6];
const GALLERY_AREA = [13.3, 11.2, 12.3, 14.7, 14.4, 14.6, 11.2, 8.3];

/** 1,000 tracklets of 100 frames with so many occluded ones that each falls inside its bin. */
function tracklets(split: string, percent: readonly number[]): ScoredTracklet[] {
  const occluded = [0, 20, 50, 65, 75, 85, 95];
  return percent.flatMap((share, bin) =>
    Array.from({ length: Math.round(share * 10) }, () => ({
      split,
      scores: Array.from({ length: 100 }, (_, frame) => (frame < (occluded[bin] ?? 0) ? 4 : 0)),
    })),
  );
}

test('a set made after the published gallery row gives that row', () => {
  const row = trackletsByHiddenShare(tracklets('gallery', GALLERY_SHARE)).rows[0];
  expect(row?.percent.map((value) => Number(value.toFixed(1)))).toEqual(GALLERY_SHARE);
  expect(row?.warning).toBeNull();
});

test('the published query row sums to 96.0: shown and warned, not mended', () => {
  const row = checkRow('query', 661, [], QUERY_SHARE);
  expect(row.sum).toBeCloseTo(96.0, 9);
  expect(row.percent).toEqual(QUERY_SHARE);
  expect(row.warning).toContain('96.0');
});

test('a hole between bins gives the same 96.0 from tracklets', () => {
  // The 40 of 1,000 tracklets that the published row lacks lie where no bin is.
  const set = [...tracklets('query', QUERY_SHARE), ...Array.from({ length: 40 }, () => ({ split: 'query', scores: [1, ...new Array<number>(99).fill(0)] }))];
  const bins = HIDDEN_SHARE_BINS.map((bin) => (bin.label === '0–40' ? { ...bin, from: 10 } : bin));
  const row = trackletsByHiddenShare(set, bins).rows[0];
  expect(row?.n).toBe(1000);
  expect(row?.sum).toBeCloseTo(96.0, 9);
  expect(row?.percent.map((value) => Number(value.toFixed(1)))).toEqual(QUERY_SHARE);
  expect(row?.warning).toContain('96.0');
});

test.each([
  ['query', QUERY_AREA],
  ['gallery', GALLERY_AREA],
])('the frame table of %s, over occluded frames only', (split, percent) => {
  // One tracklet a decile; the last bin is shared by scores 8, 9 and 10.
  const score = [1, 2, 3, 4, 5, 6, 7, 9];
  const set = percent.map((value, bin) => ({
    split,
    scores: [...new Array<number>(Math.round(value * 10)).fill(score[bin] ?? 0), ...new Array<number>(500).fill(0), null],
  }));
  const row = framesByHiddenArea(set).rows[0];
  expect(row?.n).toBe(1000);
  expect(row?.percent.map((value) => Number(value.toFixed(1)))).toEqual(percent);
});

test('edges: exactly 0 alone, 40 % below, 60 % to the lower bin, 100 % in the last', () => {
  const set: ScoredTracklet[] = [
    [0, 0, 0, 0, 0],
    [1, 1, 0, 0, 0],
    [1, 1, 1, 0, 0],
    [1, 1, 1, 1, 1],
    [null, null],
  ].map((scores) => ({ split: 'train', scores }));
  const row = trackletsByHiddenShare(set).rows[0];
  expect(row).toMatchObject({ n: 4, counts: [1, 1, 1, 0, 0, 0, 1], sum: 100, warning: null });
});

test('scores stand in the bin of their decile and splits keep their order', () => {
  const statistics = occlusionStatistics([
    { split: 'gallery', scores: [1, 7, 8, 10, null] },
    { split: 'query', scores: [0, 5] },
  ]);
  expect(statistics.framesByHiddenArea.rows.map((row) => [row.split, row.counts])).toEqual([
    ['query', [0, 0, 0, 0, 1, 0, 0, 0]],
    ['gallery', [1, 0, 0, 0, 0, 0, 1, 2]],
  ]);
  expect([statistics.framesWithValue, statistics.frames]).toEqual([6, 7]);
});
