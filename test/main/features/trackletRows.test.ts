/** Tracklets as rows of the grid, facets, details and moving between splits; what each answers is read off rows made by hand. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TrackletFilter } from '../../../src-shared/contract/tracklets.ts';
import { float32Of, int32Of, lengthEdges } from '../../../src-main/features/tracklets/table.ts';
import { pictureStamp } from '../../../src-main/pixels/picture.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
const frames = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
beforeEach(async () => {
  here = await tablesHere();
});
afterEach(() => here[Symbol.dispose]());

describe('rows', () => {
  beforeEach(() => {
    putDataset(here.sql, 1, [
      { id: 1, pid: 7, camid: 3, split: 'query', frameIndex: [...frames(9), 20], valued: [9, 3], boxes: frames(40) },
      { id: 2, pid: 7, camid: 3, split: 'none', frameIndex: [5, 6], valued: [1, 1] },
      { id: 4, pid: 7, camid: 2, split: 'none' },
      { id: 3, pid: 7, camid: 2, split: 'none' },
      { id: 5, pid: 8, camid: 2, split: 'none' },
    ]);
    here.sql
      .prepare(`UPDATE tracklet SET visibility = ?, review = 'reviewed', review_gaps = 1, ignored = ? WHERE id = 1`)
      .run(Buffer.of(0, 0, 0, 0, 0, 0, 4, 10, 1, 255), Buffer.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
  });
  const rows = (...ids: number[]) => here.db.read('tracklets', 'rows', { ids });
  const first = {
    id: 1,
    datasetId: 1,
    name: 't1',
    identityId: 1007,
    identity: 'p7',
    identityKind: 'person',
    cameraId: 1003,
    camera: 'c3',
    split: 'query',
    frames: 10,
    mediaStart: 0,
    mediaEnd: 20,
    hiddenShare: 3 / 9,
    hiddenMax: 1,
    framesWithValue: 9,
    hiddenFrames: 3,
    review: 'gaps',
    reviewGaps: 1,
    visibility: Int8Array.of(0, 0, 0, 0, 0, 0, 4, 10, 1, -1),
    stamp: pictureStamp('content 1'),
    mediaId: 1,
  };

  test('come in the order asked, unknown ones left out, with all that the grid shows', async () => {
    const [second, again, ...more] = await rows(2, 99, 1);
    expect([again, more]).toEqual([first, []]);
    expect(second).toEqual({
      ...first,
      id: 2,
      name: 't2',
      split: 'none',
      frames: 2,
      mediaStart: 5,
      mediaEnd: 6,
      hiddenShare: null,
      framesWithValue: 1,
      hiddenFrames: 1,
      review: 'none',
      reviewGaps: 0,
      visibility: Int8Array.of(-1, -1),
    });
  });

  test('crops have no place in a medium', async () => {
    here.sql.exec(`UPDATE media SET kind = 'crops'`);
    expect(await rows(1)).toEqual([{ ...first, mediaStart: null, mediaEnd: null }]);
  });

  test('one in detail: its medium, frames and boxes, and the others of its identity by camera', async () => {
    here.sql.exec('UPDATE media SET fps = 12.5');
    expect(await here.db.read('tracklets', 'detail', { id: 1 })).toEqual({
      row: first,
      mediaKind: 'frames',
      mediaWidth: 640,
      mediaHeight: 480,
      fps: 12.5,
      frameIndex: Int32Array.of(...frames(9), 20),
      boxes: Float32Array.from(frames(40)),
      ignored: Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
      siblings: [3, 4, 2],
    });
    expect(await here.db.read('tracklets', 'detail', { id: 5 })).toMatchObject({ boxes: null, ignored: null, siblings: [] });
    await expect(here.db.read('tracklets', 'detail', { id: 99 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no tracklet 99.',
      params: { trackletId: 99 },
    });
  });

  test('numbers are read at any offset, and are copies', () => {
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Int32Array.of(-5, 70_000).buffer), 1);
    const ints = int32Of(bytes.subarray(1));
    bytes.fill(0);
    expect(ints).toEqual(Int32Array.of(-5, 70_000));
    bytes.set(new Uint8Array(Float32Array.of(0.25, -3).buffer), 1);
    const floats = float32Of(bytes.subarray(1));
    bytes.fill(0);
    expect(floats).toEqual(Float32Array.of(0.25, -3));
  });
});

test.each<[number, number | undefined, number[]]>([
  [0, undefined, [1, 2]],
  [1, undefined, [1, 2]],
  [3, undefined, [1, 2, 3, 4]],
  [22, undefined, Array.from({ length: 23 }, (_, i) => i + 1)],
  // One frame more: bins of two.
  [23, undefined, Array.from({ length: 13 }, (_, i) => 1 + 2 * i)],
  [10, 4, [1, 4, 7, 10, 13]],
  [9, 3, [1, 4, 7, 10]],
])('bins that hold lengths up to %i', (longest, most, edges) => {
  expect(lengthEdges(longest, most)).toEqual(edges);
});

describe('facets', () => {
  const read = (filter: TrackletFilter) => here.db.read('tracklets', 'facets', { filter });
  /** "value count/all". */
  const short = (values: { value: string | number; count: number; all: number }[] = []) => values.map(({ value, count, all }) => `${value} ${count}/${all}`);

  test('of nothing: the fixed ones with 0', async () => {
    expect(await read({})).toEqual({
      facets: {
        datasetIds: [],
        cameraIds: [],
        splits: [
          { value: 'train', label: 'Train', count: 0, all: 0 },
          { value: 'query', label: 'Query', count: 0, all: 0 },
          { value: 'gallery', label: 'Gallery', count: 0, all: 0 },
          { value: 'none', label: 'No split', count: 0, all: 0 },
        ],
        reviews: [
          { value: 'none', label: 'Not started', count: 0, all: 0 },
          { value: 'started', label: 'In progress', count: 0, all: 0 },
          { value: 'gaps', label: 'Reviewed with gaps', count: 0, all: 0 },
          { value: 'reviewed', label: 'Reviewed', count: 0, all: 0 },
          { value: 'disputed', label: 'Disputed', count: 0, all: 0 },
        ],
      },
      terms: { occluder: [], hiddenParts: [], quality: [] },
      hiddenShare: new Array(21).fill(0),
      length: { edges: [1, 2], counts: [0] },
    });
  });

  describe('of five tracklets', () => {
    beforeEach(() => {
      putDataset(here.sql, 1, [
        { id: 1, pid: 1, camid: 2, split: 'train', frameIndex: frames(20), valued: [20, 0], terms: ',occluder=object,occluder=person,' },
        // 1 of 20 is the end of the first bin, 2 of 20 that of the second.
        { id: 2, pid: 1, camid: 1, split: 'train', frameIndex: frames(20), valued: [20, 1], terms: ',occluder=person,' },
        { id: 3, pid: 2, camid: 1, split: 'query', frameIndex: frames(20), valued: [20, 2] },
        { id: 4, pid: 2, camid: 1, split: 'query', frameIndex: frames(20), valued: [17, 17] },
      ]);
      putDataset(here.sql, 2, [
        { id: 5, pid: 1, camid: 1, split: 'none', frameIndex: frames(44), valued: [44, 44], terms: ',quality=dark,quality=later,sight=far,' },
      ]);
      here.sql.exec(`UPDATE tracklet SET review = 'reviewed', review_gaps = 2 WHERE id = 1; UPDATE tracklet SET review = 'disputed' WHERE id = 2`);
    });
    const bins = (length: number, counts: Record<number, number>) => Array.from({ length }, (_, i) => counts[i] ?? 0);

    test('all pass without a filter; values by number, set and camera', async () => {
      const { facets, terms, hiddenShare, length } = await read({});
      expect(facets['datasetIds']).toEqual([
        { value: 1, label: 'Set 1', count: 4, all: 4 },
        { value: 2, label: 'Set 2', count: 1, all: 1 },
      ]);
      expect(facets['cameraIds']).toEqual([
        { value: 1001, label: 'c1', count: 3, all: 3, datasetId: 1 },
        { value: 1002, label: 'c2', count: 1, all: 1, datasetId: 1 },
        { value: 2001, label: 'c1', count: 1, all: 1, datasetId: 2 },
      ]);
      expect(short(facets['splits'])).toEqual(['train 2/2', 'query 2/2', 'gallery 0/0', 'none 1/1']);
      expect(short(facets['reviews'])).toEqual(['none 3/3', 'started 0/0', 'gaps 1/1', 'reviewed 0/0', 'disputed 1/1']);
      // In no order of its own.
      expect(terms['occluder']?.toSorted((a, b) => (a.value < b.value ? -1 : 1))).toEqual([
        { value: 'object', label: 'Object', count: 1, all: 1 },
        { value: 'person', label: 'Person', count: 2, all: 2 },
      ]);
      // A value of a later version has no title here, and its field no list.
      expect(terms['quality']?.toSorted((a, b) => (a.value < b.value ? -1 : 1))).toEqual([
        { value: 'dark', label: 'Dark', count: 1, all: 1 },
        { value: 'later', label: 'later', count: 1, all: 1 },
      ]);
      expect(Object.keys(terms)).toEqual(['occluder', 'hiddenParts', 'quality']);
      expect(hiddenShare).toEqual(bins(21, { 0: 1, 1: 1, 2: 1, 20: 1 }));
      // 44 frames in 22 bins of two: 20 lies in 19–20.
      expect(length).toEqual({ edges: Array.from({ length: 23 }, (_, i) => 1 + 2 * i), counts: bins(22, { 9: 4, 21: 1 }) });
    });

    test.each<[TrackletFilter, object]>([
      [
        { splits: ['train'] },
        { datasetIds: ['1 2/4', '2 0/1'], cameraIds: ['1001 1/3', '1002 1/1', '2001 0/1'], splits: ['train 2/2', 'query 2/2', 'gallery 0/0', 'none 1/1'] },
      ],
      [{ datasetIds: [2] }, { datasetIds: ['1 4/4', '2 1/1'], splits: ['train 0/2', 'query 0/2', 'gallery 0/0', 'none 1/1'] }],
      [{ cameraIds: [1002] }, { cameraIds: ['1001 3/3', '1002 1/1', '2001 1/1'], occluder: ['object 1/1', 'person 1/2'], quality: ['dark 0/1', 'later 0/1'] }],
      [{ reviews: ['gaps'] }, { reviews: ['none 3/3', 'started 0/0', 'gaps 1/1', 'reviewed 0/0', 'disputed 1/1'], datasetIds: ['1 1/4', '2 0/1'] }],
      [{ terms: { occluder: ['object'] } }, { occluder: ['object 1/1', 'person 2/2'], quality: ['dark 0/1', 'later 0/1'], datasetIds: ['1 1/4', '2 0/1'] }],
      [{ hiddenShare: { min: null, max: 0.05 } }, { datasetIds: ['1 2/4', '2 0/1'] }],
      [{ length: { min: 30, max: 99 } }, { datasetIds: ['1 0/4', '2 1/1'] }],
      // What is no facet holds for all of them, and so do two facets for the others.
      [{ trackletIds: [1, 3] }, { datasetIds: ['1 2/4', '2 0/1'], splits: ['train 1/2', 'query 1/2', 'gallery 0/0', 'none 0/1'] }],
      [{ trackletIds: [1, 3], text: 't3', identityIds: [1002] }, { datasetIds: ['1 1/4', '2 0/1'] }],
      [{ hiddenMax: { min: 5, max: 9 } }, { datasetIds: ['1 0/4', '2 0/1'] }],
      [
        { splits: ['query'], datasetIds: [2] },
        { splits: ['train 0/2', 'query 0/2', 'gallery 0/0', 'none 1/1'], datasetIds: ['1 2/4', '2 0/1'], cameraIds: ['1001 0/3', '1002 0/1', '2001 0/1'] },
      ],
    ])('under %j each counts what passes the rest', async (filter, expected) => {
      const { facets, terms } = await read(filter);
      const found = (name: string) => (name in terms ? short(terms[name]).sort() : short(facets[name]));
      expect(Object.fromEntries(Object.keys(expected).map((name) => [name, found(name)]))).toEqual(expected);
    });

    test('the bins too count what passes the rest', async () => {
      const narrow = await read({ hiddenShare: { min: 0.5, max: 1 } });
      expect(narrow.hiddenShare).toEqual(bins(21, { 0: 1, 1: 1, 2: 1, 20: 1 }));
      expect(narrow.length.counts).toEqual(bins(22, { 21: 1 }));
      const short = await read({ length: { min: 1, max: 20 }, splits: ['query'] });
      expect(short.hiddenShare).toEqual(bins(21, { 2: 1 }));
      expect(short.length.counts).toEqual(bins(22, { 9: 2 }));
    });

    test('a set that is removed is in no number', async () => {
      here.sql.exec('UPDATE dataset SET removed_at = 1 WHERE id = 2');
      const { facets, length, hiddenShare } = await read({});
      expect(short(facets['datasetIds'])).toEqual(['1 4/4']);
      expect(length).toEqual({ edges: frames(21).map((i) => i + 1), counts: bins(20, { 19: 4 }) });
      expect(hiddenShare).toEqual(bins(21, { 0: 1, 1: 1, 2: 1 }));
      expect(await here.db.read('tracklets', 'query', { filter: {}, sort: 'identity' })).toMatchObject({ of: 4, frames: 80 });
    });
  });
});

describe('moving to a split', () => {
  beforeEach(() =>
    putDataset(here.sql, 1, [
      { id: 1, pid: 1, camid: 2, split: 'train' },
      { id: 2, pid: 1, camid: 1, split: 'query' },
      { id: 3, pid: 2, camid: 1, split: 'train' },
      { id: 4, pid: 2, camid: 1, split: 'gallery' },
    ]),
  );
  const move = (ids: number[], split: 'train' | 'query' | 'gallery' | 'none' = 'gallery') =>
    here.db.write('tracklets', 'setSplit', { ids, split, at: 9, tags: ['Tracklets'] });
  const splits = () => here.sql.prepare('SELECT split FROM tracklet ORDER BY id').pluck().all();
  const steps = () =>
    (here.sql.prepare('SELECT * FROM history').all() as Record<string, string>[]).map(({ at, label, call, tracklet_id, tags, patch, inverse, join_key }) => ({
      at,
      label,
      call,
      tracklet_id,
      tags: JSON.parse(tags!) as unknown,
      patch: JSON.parse(patch!) as unknown,
      inverse: JSON.parse(inverse!) as unknown,
      join_key,
    }));
  const set = (ids: number[], side: string) => ({ op: 'setSide', splitSet: 1, ids, side });

  test('moves those that are elsewhere, each once, and remembers where they were', async () => {
    expect(await move([3, 2, 4, 1, 3])).toEqual({ moved: 3 });
    expect(splits()).toEqual(['gallery', 'gallery', 'gallery', 'gallery']);
    expect(steps()).toEqual([
      {
        at: 9,
        label: 'move 3 tracklets to gallery',
        call: 'tracklets.setSplit',
        tracklet_id: null,
        tags: ['Tracklets'],
        patch: [set([3, 1, 2], 'gallery')],
        inverse: [set([3, 1], 'train'), set([2], 'query')],
        join_key: null,
      },
    ]);
  });

  test('one is named, by whom it shows and where', async () => {
    expect(await move([1], 'none')).toEqual({ moved: 1 });
    expect(steps()).toMatchObject([{ label: 'move p1 c2 to none', tracklet_id: 1 }]);
  });

  test('nowhere is no step', async () => {
    expect([await move([4]), await move([])]).toEqual([{ moved: 0 }, { moved: 0 }]);
    expect(steps()).toEqual([]);
  });

  test.each([
    ['that is not there', [1, 9], 9, 'SELECT 1'],
    ['whose set was removed', [1], 1, 'UPDATE dataset SET removed_at = 1'],
    ['whose set is being imported', [1], 1, `UPDATE dataset SET state = 'importing'`],
  ])('one %s is refused, and none is moved', async (_name, ids, id, sql) => {
    here.sql.exec(sql);
    await expect(move(ids)).rejects.toMatchObject({ code: 'NOT_FOUND', message: `There is no tracklet ${id}.`, params: { trackletId: id } });
    expect([splits(), steps()]).toEqual([['train', 'query', 'train', 'gallery'], []]);
  });
});
