/** Figures of an evaluation against an independent implementation in Python (test/golden/tools/make_metrics.py), torchreid and small sets worked out by hand. */
import { describe, expect, test } from 'vitest';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { evaluateRanking, figuresOf } from '../../../models/metrics/summary.ts';
import type { ProtocolName as Protocol, RankEntry } from '../../../src-shared/protocols/index.ts';
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

test('figures of no query, and of none that has a match, are none', () => {
  expect(figuresOf([], 'market', 3)).toBe(null);
  const found = { valid: true, ap: 0.5, inp: 0.25, firstHit: 2, positives: Int32Array.of(2, 8), top: null };
  const none = { valid: false, ap: 0, inp: 0, firstHit: 0, positives: new Int32Array(0), top: null };
  expect(figuresOf([none], 'market', 3)).toBe(null);
  expect(figuresOf([found, none], 'market', 8, 3)).toEqual({ queries: 2, validQueries: 1, gallery: 8, mAP: 0.5, mINP: 0.25, cmc: [0, 1, 1] });
  expect(figuresOf([found, none], 'mars-c', 60)?.cmc).toEqual([0, ...Array<number>(49).fill(0.5)]);
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

test('a set in which nobody can be found has no figures, and says so', () => {
  expect(() => evaluateRanking({ distance: Float32Array.of(0.1), query: [{ pid: 1, camid: 1 }], gallery: [{ pid: 1, camid: 1 }], protocol: 'market' })).toThrow(
    expect.objectContaining({
      code: 'NO_VALID_QUERY',
      message: 'None of the 1 queries has a match in the gallery of 1 under the protocol "market".',
      params: { protocol: 'market', queries: 1 },
    }),
  );
});
