import { describe, expect, it } from 'vitest';
import type { TrackletRow } from '../../../src-shared/contract/tracklets.ts';
import type { CompareQuery } from '../../../src-shared/contract/evaluations.ts';
import { NO_FILTER, filterWords, passes, sortQueries } from '../../../src-renderer/views/compare/queries.ts';

const query = (trackletId: number, ap: number[], firstHit: number[], valid = true): CompareQuery => ({
  trackletId,
  ap,
  inp: ap,
  firstHit,
  valid,
  identityId: trackletId,
  cameraId: 1 + (trackletId % 2),
  hiddenShare: rows.get(trackletId)?.hiddenShare ?? null,
  occluders: trackletId === 2 ? ['person', 'object'] : trackletId === 3 ? ['edge'] : [],
});
const row = (id: number, identity: string, hiddenShare: number | null): TrackletRow => ({
  id,
  datasetId: 1,
  name: `t${id}`,
  identityId: id,
  identity,
  identityKind: 'person',
  cameraId: 1,
  camera: id % 2 ? 'C1' : 'C2',
  split: 'query',
  frames: 10,
  mediaStart: null,
  mediaEnd: null,
  hiddenShare,
  hiddenMax: null,
  framesWithValue: 10,
  reviewGaps: 0,
  hiddenFrames: Math.round((hiddenShare ?? 0) * 10),
  review: 'none',
  visibility: new Int8Array(10),
  stamp: '',
  mediaMissing: false,
  changedPictures: 0,
  missingPictures: 0,
});
const rows = new Map([row(1, '0010', 0.5), row(2, '0002', 0), row(3, '0003', 0.21), row(4, '0001', 0.9), row(5, '0009', null)].map((r) => [r.id, r]));
const queries = [
  query(1, [0.1, 0.9], [4, 1]),
  query(2, [0.8, 0.5], [1, 2]),
  query(3, [0.7, 0.7], [1, 1]),
  query(4, [0, 0], [0, 0], false),
  query(5, [0.2, 0.3], [5, 3]),
];
const rowOf = (id: number) => rows.get(id);
const pair = { a: 0, b: 1 };
const ids = (list: CompareQuery[]) => list.map((entry) => entry.trackletId);

describe('order', () => {
  it('sorts by gain, loss, AP, spread, identity and hidden share; queries without a match come last', () => {
    expect(ids(sortQueries(queries, 'gain', pair, rowOf))).toEqual([1, 5, 3, 2, 4]);
    expect(ids(sortQueries(queries, 'loss', pair, rowOf))).toEqual([2, 3, 5, 1, 4]);
    expect(ids(sortQueries(queries, 'apAsc', pair, rowOf))).toEqual([5, 2, 3, 1, 4]);
    expect(ids(sortQueries(queries, 'spread', pair, rowOf))).toEqual([1, 2, 5, 3, 4]);
    expect(ids(sortQueries(queries, 'identity', pair, rowOf))).toEqual([2, 3, 5, 1, 4]);
    expect(ids(sortQueries(queries, 'hiddenDesc', pair, rowOf))).toEqual([1, 3, 2, 5, 4]);
    expect(ids(sortQueries(queries, 'hiddenAsc', pair, rowOf))).toEqual([2, 3, 1, 5, 4]);
  });

  it('takes the other pair the other way round', () => {
    expect(ids(sortQueries(queries, 'gain', { a: 1, b: 0 }, rowOf))).toEqual([2, 3, 5, 1, 4]);
  });
});

describe('filter', () => {
  const kept = (filter: Partial<typeof NO_FILTER>) =>
    queries.filter((q) => passes(q, rowOf(q.trackletId), { ...NO_FILTER, ...filter }, pair)).map((q) => q.trackletId);

  it('keeps one cell of the table of both methods', () => {
    expect([kept({ cell: 'onlyA' }), kept({ cell: 'onlyB' }), kept({ cell: 'bothRight' }), kept({ cell: 'bothWrong' })]).toEqual([[2], [1], [3], [5]]);
  });

  it('keeps a stratum, a cause, a camera, a rank, a text, and nothing-found', () => {
    expect([kept({ stratum: 0 }), kept({ stratum: 2 }), kept({ stratum: 7 })]).toEqual([[2], [1], [5]]);
    expect([kept({ hiddenBy: 'person' }), kept({ hiddenBy: 'edge' }), kept({ hiddenBy: 'nothing' })]).toEqual([[2], [3], [1, 4, 5]]);
    expect([kept({ cameraId: 1 }), kept({ cameraId: 2, stratum: 2 })]).toEqual([[2, 4], [1]]);
    expect(kept({ foundBy: { column: 1, atMost: 2 } })).toEqual([1, 2, 3]);
    expect(kept({ text: ' 000 ' })).toEqual([2, 3, 4, 5]);
    expect(kept({ text: 'c1', cell: 'onlyB' })).toEqual([1]);
    expect(kept({ allWrong: true })).toEqual([5]);
    expect(kept({ only: 0 })).toEqual([2]);
    expect(kept({})).toEqual([1, 2, 3, 4, 5]);
  });

  it('says what it does', () => {
    expect(
      filterWords({ ...NO_FILTER, cell: 'onlyA', text: '0002', stratum: 1, hiddenBy: 'edge', cameraId: 2 }, ['A', 'D'], pair, () => 'Door').map((w) => w.words),
    ).toEqual(['A finds it, D does not', 'Hidden 0–40 %', 'Hidden by: Edge', 'Door', 'Contains 0002']);
  });
});
