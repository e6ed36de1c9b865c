/** Rank lists against ranks counted one by one, and worked examples of average precision. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ascendingOrder, averagePrecision, checkRanking, rankQueries, trapezoidPrecision, type QueryResult } from '../../../models/metrics/ranking.ts';
import type { ProtocolName as Protocol, RankEntry } from '../../../src-shared/protocols/index.ts';

test.each([
  { list: [1, 0, 1, 0, 0, 1], common: 0.72222, trapezoid: 0.67778 },
  { list: [0, 1, 0, 1], common: 0.5, trapezoid: 0.3333 },
  { list: [0, 0, 0, 1], common: 0.25, trapezoid: 0.125 },
  { list: [1, 0, 0, 0, 1], common: 0.7, trapezoid: 0.6625 },
  { list: [1, 1, 1], common: 1, trapezoid: 1 },
])('average precision of $list: $common in common, $trapezoid on MARS', ({ list, common, trapezoid }) => {
  const ranks = list.flatMap((hit, i) => (hit ? [i + 1] : []));
  expect(averagePrecision(ranks)).toBeCloseTo(common, 4);
  expect(trapezoidPrecision(ranks)).toBeCloseTo(trapezoid, 4);
});

test('ties rank in gallery order, negative distances and −0 included', () => {
  expect([...ascendingOrder(Float32Array.from([0.5, -1, 0, -0, 0.5, -2, Infinity, 0.25]))]).toEqual([5, 1, 2, 3, 7, 0, 4, 6]);
});

test('float64 ranks by all its digits, ties in gallery order, infinities included', () => {
  const close = [1 + 2e-12, 1 + 1e-12, 1, 1 + 1e-12];
  expect([...ascendingOrder(Float64Array.from(close))]).toEqual([2, 1, 3, 0]);
  expect([...ascendingOrder(Float64Array.from([Infinity, 2, -Infinity, Infinity, 2, -Infinity, 0, -0]))]).toEqual([2, 5, 6, 7, 1, 4, 0, 3]);
});

test('a match stands at one more than the counted entries before it, and junk takes no place', () => {
  const entry = fc.record({ pid: fc.constantFrom(-1, 0, 1, 2), camid: fc.integer({ min: 0, max: 2 }), distance: fc.integer({ min: 0, max: 5 }) });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (gallery) => {
      const query = { pid: 1, camid: 0 };
      const counts = gallery.map(({ pid, camid }) => pid !== -1 && !(pid === 1 && camid === 0));
      const isBefore = (g: number, other: number): boolean =>
        gallery[other]!.distance < gallery[g]!.distance || (gallery[other]!.distance === gallery[g]!.distance && other < g);
      const places = gallery.flatMap(({ pid }, g) =>
        pid === 1 && counts[g] ? [1 + gallery.filter((_, other) => counts[other] && isBefore(g, other)).length] : [],
      );
      const [result] = rankQueries({ distance: Float32Array.from(gallery, ({ distance }) => distance), query: [query], gallery, protocol: 'market' });
      expect([...result!.positives]).toEqual(places.sort((a, b) => a - b));
      expect([result!.firstHit, result!.valid]).toEqual([places[0] ?? 0, places.length > 0]);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('first ranks are kept on wish, as many as are asked for', () => {
  const input = {
    distance: Float32Array.of(0.3, 0.1, 0.2),
    query: [{ pid: 1, camid: 1 }],
    gallery: [1, 2, 1].map((pid) => ({ pid, camid: 2 })),
    protocol: 'market' as const,
  };
  expect(rankQueries(input)[0]?.top).toBe(null);
  expect(rankQueries({ ...input, topRanks: 0 })[0]?.top).toBe(null);
  const top = rankQueries({ ...input, topRanks: 2 })[0]?.top;
  expect(top).toEqual({ gallery: Int32Array.of(1, 2), distance: Float32Array.of(0.1, 0.2), marks: ['wrong', 'correct'] });
  // Of its own, since the whole order would stay in memory with it.
  expect(top?.gallery.buffer.byteLength).toBe(8);
  expect(rankQueries({ ...input, query: [], distance: new Float32Array(0) })).toEqual([]);
});

test('a gallery of 2^21 − 1 entries can be ranked, one of more is refused', () => {
  const gallery = (length: number): RankEntry[] => new Array<RankEntry>(length);
  expect(() => checkRanking({ query: [], gallery: gallery(2 ** 21 - 1), protocol: 'market' })).not.toThrow();
  expect(() => checkRanking({ query: [], gallery: gallery(2 ** 21), protocol: 'market' })).toThrow('The gallery has 2097152 entries; 2097151 are possible.');
  const whole = { pid: 1, camid: 1, tracklet: 0 };
  expect(() => checkRanking({ query: [whole], gallery: [whole], protocol: 'visits' })).not.toThrow();
  for (const [query, entry] of [
    [{ pid: 1, camid: 1 }, whole],
    [whole, { pid: 1, camid: 1 }],
  ] as const)
    expect(() => checkRanking({ query: [query], gallery: [entry], protocol: 'visits' })).toThrow('The protocol "visits" needs the tracklet');
});

const one = (distance: number[], gallery: RankEntry[], protocol: Protocol, query: RankEntry = { pid: 1, camid: 1, tracklet: 100 }): QueryResult | undefined =>
  rankQueries({ distance: Float32Array.from(distance), query: [query], gallery, protocol, topRanks: 10 })[0];

test('own camera and pid −1 are junk, pid 0 is a distractor', () => {
  const gallery = [
    { pid: 1, camid: 1 },
    { pid: -1, camid: 2 },
    { pid: 0, camid: 2 },
    { pid: 1, camid: 2 },
  ];
  const result = one([0.1, 0.2, 0.3, 0.4], gallery, 'market');
  expect(result?.positives).toEqual(Int32Array.of(2));
  expect(result?.top?.marks).toEqual(['junk', 'junk', 'wrong', 'correct']);
  expect([...(result?.top?.gallery ?? [])]).toEqual([0, 1, 2, 3]);
  expect(result).toMatchObject({ valid: true, ap: 0.5, inp: 0.5, firstHit: 2 });
});

test('visits: only the query itself is removed', () => {
  const gallery = [
    { pid: 1, camid: 1, tracklet: 100 },
    { pid: 1, camid: 1, tracklet: 101 },
    { pid: 2, camid: 1, tracklet: 102 },
  ];
  expect(one([0, 0.5, 0.2], gallery, 'visits')?.positives).toEqual(Int32Array.of(2));
  expect(() => one([0, 0.5, 0.2], gallery, 'visits', { pid: 1, camid: 1 })).toThrow('needs the tracklet');
});

test('what cannot be ranked is said', () => {
  expect(one([0.1], [{ pid: 1, camid: 1 }], 'market')).toMatchObject({ valid: false, ap: 0, inp: 0, firstHit: 0 });
  expect(() => one([NaN], [{ pid: 1, camid: 2 }], 'market')).toThrow('query 0 to gallery entry 0 is');
  const two = [
    { pid: 1, camid: 1 },
    { pid: 2, camid: 1 },
  ];
  const matrix =
    (...distance: number[]) =>
    () =>
      rankQueries({ distance: Float32Array.from(distance), query: two, gallery: two, protocol: 'market' });
  expect(matrix(0, 0, 0)).toThrow('has 3 numbers; 2 queries and 2 gallery entries need 4.');
  expect(matrix(0, 0, 0, NaN)).toThrow('query 1 to gallery entry 1 is');
  expect(() =>
    one(
      [0.1, NaN],
      [
        { pid: 1, camid: 2 },
        { pid: 2, camid: 1 },
      ],
      'market',
    ),
  ).toThrow('query 0 to gallery entry 1');
  expect(() => one([0.1, 0.2], [{ pid: 1, camid: 2 }], 'market')).toThrow('has 2 numbers');
});
