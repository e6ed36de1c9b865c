/** What stands in the two occlusion tables of a data set, and what is said of the tracklets and frames they leave out. */
import { describe, expect, test } from 'vitest';
import { datasetStatistics, occlusionStatistics } from '../../../src-main/features/datasets/statistics.ts';

const tracklet = (split: 'train' | 'query' | 'gallery', values: number[] | null, frames = values?.length ?? 5, terms = '') => ({
  split,
  frames,
  visibility: values && Int8Array.from(values),
  terms,
});

describe('the two occlusion tables', () => {
  test('put shares on the upper edge of their bin and count a tracklet once', () => {
    const { trackletsByHiddenShare } = occlusionStatistics([
      tracklet('query', [0, 0, 0, 0, 0]), // 0 %
      tracklet('query', [1, 1, 0, 0, 0]), // 40 %, the edge of 0–40
      tracklet('query', [3, 3, 3, 0, 0]), // 60 %, the edge of 40–60
      tracklet('query', [9, 9, 9, 9, 9]), // 100 %
      tracklet('gallery', [-1, 2, -1, -1, -1]), // one frame of five has a value: the share of the tracklet is not known
    ]);
    expect(trackletsByHiddenShare.bins.map((bin) => bin.label)).toEqual(['0', '0–40', '40–60', '60–70', '70–80', '80–90', '90–100']);
    expect(trackletsByHiddenShare.rows.map((row) => [row.split, row.n, row.counts, row.percent, row.sum, row.warning])).toEqual([
      ['query', 4, [1, 1, 1, 0, 0, 0, 1], [25, 25, 25, 0, 0, 0, 25], 100, null],
      ['gallery', 0, [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], 0, '1 of 1 tracklets are left out: 1 with values on fewer than 9 of 10 frames.'],
    ]);
  });

  test('count hidden frames only, and 8, 9 and 10 together', () => {
    const { framesByHiddenArea } = occlusionStatistics([tracklet('query', [0, 1, 2, 7, 8, 9, 10, 10])]);
    expect(framesByHiddenArea.bins.map((bin) => bin.label)).toEqual(['0–10', '10–20', '20–30', '30–40', '40–50', '50–60', '60–70', '70–100']);
    expect(framesByHiddenArea.rows[0]).toMatchObject({ n: 7, counts: [1, 1, 0, 0, 0, 0, 1, 4] });
  });

  test('say what has no value yet instead of filling it up', () => {
    const statistics = occlusionStatistics([tracklet('query', null, 6), tracklet('query', [1, -1], 2, ',occluder=object,occluder=person,')]);
    expect(statistics.trackletsByHiddenShare.rows[0]).toMatchObject({
      n: 0,
      leftOut: 2,
      warning: '2 of 2 tracklets are left out: 1 without any value, 1 with values on fewer than 9 of 10 frames.',
    });
    expect(statistics.framesByHiddenArea.rows[0]).toMatchObject({ n: 1, leftOut: 7, warning: '7 of 8 frames have no value yet.' });
    expect(statistics).toMatchObject({ frames: 8, framesWithValue: 1, occluders: { object: 1, person: 1 }, tracklets: { query: 2 } });
  });

  test('each split says what it leaves out, of itself alone', () => {
    const ten = (known: number): number[] => [...new Array<number>(known).fill(1), ...new Array<number>(10 - known).fill(-1)];
    const { trackletsByHiddenShare, framesByHiddenArea } = occlusionStatistics([
      tracklet('train', ten(10)),
      tracklet('query', ten(9)),
      tracklet('query', ten(8)),
      tracklet('query', ten(8)),
      tracklet('gallery', null, 10),
      tracklet('gallery', ten(10)),
    ]);
    expect(trackletsByHiddenShare.rows.map(({ split, leftOut, warning }) => [split, leftOut, warning])).toEqual([
      ['train', 0, null],
      ['query', 2, '2 of 3 tracklets are left out: 2 with values on fewer than 9 of 10 frames.'],
      ['gallery', 1, '1 of 2 tracklets are left out: 1 without any value.'],
    ]);
    expect(framesByHiddenArea.rows.map(({ split, leftOut, warning }) => [split, leftOut, warning])).toEqual([
      ['train', 0, null],
      ['query', 5, '5 of 30 frames have no value yet.'],
      ['gallery', 10, '10 of 20 frames have no value yet.'],
    ]);
  });

  test('values of fields are counted by tracklets, and a data set without tracklets has empty tables', () => {
    const of = (terms: string) => tracklet('query', [1], 1, terms);
    const { occluders, terms } = occlusionStatistics([
      of(',occluder=object,occluder=person,quality=dark,'),
      of(',later=x,occluder=person,quality=dark,'),
      of(',quality=good,'),
      of(''),
    ]);
    expect(occluders).toEqual({ object: 1, person: 2 });
    expect(terms).toEqual({ occluder: occluders, hiddenParts: {}, quality: { dark: 2, good: 1 } });
    const none = occlusionStatistics([]);
    expect(none).toMatchObject({ frames: 0, framesWithValue: 0, tracklets: {}, occluders: {} });
    expect([none.trackletsByHiddenShare.rows, none.framesByHiddenArea.rows]).toEqual([[], []]);
  });
});

test('the rows of the data set that was asked for are counted', async () => {
  const asked: unknown[] = [];
  const db = { read: async (...what: unknown[]) => (asked.push(what), [tracklet('query', [1, 0])]) };
  expect(await datasetStatistics({ db } as never, 7)).toEqual({ datasetId: 7, ...occlusionStatistics([tracklet('query', [1, 0])]) });
  expect(asked).toEqual([['datasets', 'visibilities', { id: 7 }]]);
});
