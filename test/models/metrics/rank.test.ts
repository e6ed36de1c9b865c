/** Ranking metrics against an independent implementation in Python (test/golden/tools/make_metrics.py) and published worked examples. */
import { describe, expect, test } from 'vitest';
import { ascendingOrder, averagePrecision, checkRanking, evaluateRanking, figuresOf, rankQueries, trapezoidPrecision } from '../../../models/metrics/rank.ts';
import type { ProtocolName as Protocol, RankEntry } from '../../../src-shared/protocols/index.ts';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { golden } from '../golden.ts';

interface Columns {
  pid: number[];
  camid: number[];
  tracklet: number[];
}
interface Case {
  distance: number[];
  query: Columns;
  gallery: Columns;
  maxRank: number;
  results: Record<string, { mAP: number; mINP: number; cmc: number[]; validQueries: number }>;
}
const { cases } = golden<{ cases: Case[] }>('metrics');
const entries = ({ pid, camid, tracklet }: Columns): RankEntry[] =>
  pid.map((id, i) => ({ pid: id, camid: camid[i] as number, tracklet: tracklet[i] as number }));

describe.each(cases.map((value, i) => ({ i, value })))('random case $i', ({ value }) => {
  test.each(Object.keys(value.results))('%s', (protocol) => {
    const wanted = value.results[protocol]!;
    const result = evaluateRanking({
      distance: Float32Array.from(value.distance),
      query: entries(value.query),
      gallery: entries(value.gallery),
      protocol: protocol as Protocol,
      maxRank: value.maxRank,
    });
    expect(result.validQueries).toBe(wanted.validQueries);
    expect(result.mAP).toBeCloseTo(wanted.mAP, 12);
    expect(result.mINP).toBeCloseTo(wanted.mINP, 12);
    expect(result.cmc.length).toBe(wanted.cmc.length);
    result.cmc.forEach((share, k) => expect(share).toBeCloseTo(wanted.cmc[k]!, 12));
  });
});

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

test('features by formula give the CMC and mAP measured in torchreid', () => {
  const feature = (n: number) => Array.from({ length: 6 }, (_, j) => Math.sin(0.7 * (6 * n + j) + 0.05 * (6 * n + j) ** 2));
  const rows = (from: number, to: number) => Float32Array.from(Array.from({ length: to - from }, (_, i) => feature(from + i)).flat());
  const distance = distanceMatrix({ values: rows(0, 8), size: 6 }, { values: rows(8, 40), size: 6 }, 'euclidean');
  const query = Array.from({ length: 8 }, (_, n) => ({ pid: n % 4, camid: n % 3 }));
  const gallery = Array.from({ length: 32 }, (_, n) => ({ pid: n % 5, camid: n % 3 }));
  const { cmc, mAP } = evaluateRanking({ distance, query, gallery, protocol: 'market', maxRank: 20 });
  expect([cmc[0], cmc[4], cmc[9]]).toEqual([0, 0.375, 0.75]);
  expect(mAP).toBeCloseTo(0.1834607187, 8);
});

describe('rules', () => {
  const one = (distance: number[], gallery: RankEntry[], protocol: Protocol, query: RankEntry = { pid: 1, camid: 1, tracklet: 100 }) =>
    evaluateRanking({ distance: Float32Array.from(distance), query: [query], gallery, protocol, topRanks: 10 });

  test('ties rank in gallery order, negative distances and −0 included', () => {
    expect([...ascendingOrder(Float32Array.from([0.5, -1, 0, -0, 0.5, -2, Infinity, 0.25]))]).toEqual([5, 1, 2, 3, 7, 0, 4, 6]);
  });

  test('float64 ranks by all its digits, ties in gallery order, infinities included', () => {
    const close = [1 + 2e-12, 1 + 1e-12, 1, 1 + 1e-12];
    expect([...ascendingOrder(Float64Array.from(close))]).toEqual([2, 1, 3, 0]);
    expect([...ascendingOrder(Float64Array.from([Infinity, 2, -Infinity, Infinity, 2, -Infinity, 0, -0]))]).toEqual([2, 5, 6, 7, 1, 4, 0, 3]);
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

  test('figures of no query, and of none that has a match, are none', () => {
    expect(figuresOf([], 'market', 3)).toBe(null);
    const found = { valid: true, ap: 0.5, inp: 0.25, firstHit: 2, positives: Int32Array.of(2, 8), top: null };
    const none = { valid: false, ap: 0, inp: 0, firstHit: 0, positives: new Int32Array(0), top: null };
    expect(figuresOf([none], 'market', 3)).toBe(null);
    expect(figuresOf([found, none], 'market', 8, 3)).toEqual({ queries: 2, validQueries: 1, gallery: 8, mAP: 0.5, mINP: 0.25, cmc: [0, 1, 1] });
    expect(figuresOf([found, none], 'mars-c', 60)?.cmc).toEqual([0, ...Array<number>(49).fill(0.5)]);
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

  test('own camera and pid −1 are junk, pid 0 is a distractor', () => {
    const gallery = [
      { pid: 1, camid: 1 },
      { pid: -1, camid: 2 },
      { pid: 0, camid: 2 },
      { pid: 1, camid: 2 },
    ];
    const result = one([0.1, 0.2, 0.3, 0.4], gallery, 'market');
    expect(result.perQuery[0]?.positives).toEqual(Int32Array.of(2));
    expect(result.perQuery[0]?.top?.marks).toEqual(['junk', 'junk', 'wrong', 'correct']);
    expect([...(result.perQuery[0]?.top?.gallery ?? [])]).toEqual([0, 1, 2, 3]);
    expect(result.perQuery[0]).toMatchObject({ valid: true, ap: 0.5, inp: 0.5, firstHit: 2 });
  });

  test('visits: only the query itself is removed', () => {
    const gallery = [
      { pid: 1, camid: 1, tracklet: 100 },
      { pid: 1, camid: 1, tracklet: 101 },
      { pid: 2, camid: 1, tracklet: 102 },
    ];
    expect(one([0, 0.5, 0.2], gallery, 'visits').perQuery[0]?.positives).toEqual(Int32Array.of(2));
    expect(() => one([0, 0.5, 0.2], gallery, 'visits', { pid: 1, camid: 1 })).toThrow('needs the tracklet');
  });

  test('the Matlab CMC counts queries without a match, the common one does not', () => {
    const query = [
      { pid: 1, camid: 1 },
      { pid: 9, camid: 1 },
    ];
    const gallery = [
      { pid: 1, camid: 2 },
      { pid: 2, camid: 2 },
    ];
    const run = (protocol: Protocol) => evaluateRanking({ distance: Float32Array.of(0, 1, 0, 1), query, gallery, protocol }).cmc;
    expect([run('mars-a'), run('mars-c')]).toEqual([
      [1, 1],
      [0.5, 0.5],
    ]);
  });

  test('past the end of a short gallery the CMC keeps its last value', () => {
    const query = [
      { pid: 1, camid: 1 },
      { pid: 2, camid: 1 },
    ];
    const gallery = [
      { pid: 1, camid: 2 },
      { pid: 2, camid: 1 },
      { pid: 2, camid: 2 },
    ];
    expect(evaluateRanking({ distance: Float32Array.of(1, 2, 3, 1, 2, 3), query, gallery, protocol: 'market', maxRank: 50 }).cmc).toEqual([0.5, 1, 1]);
  });

  test('what cannot be evaluated is said', () => {
    expect(() => one([0.1], [{ pid: 1, camid: 1 }], 'market')).toThrow(
      expect.objectContaining({
        code: 'NO_VALID_QUERY',
        message: 'None of the 1 queries has a match in the gallery of 1 under the protocol "market".',
        params: { protocol: 'market', queries: 1 },
      }),
    );
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
});
