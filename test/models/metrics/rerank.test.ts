/** Re-ranking against figures measured in torchreid, NSSB and fast-reid's rerank.py, which agree. */
import { describe, expect, test } from 'vitest';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { ascendingOrder } from '../../../models/metrics/ranking.ts';
import { rerank } from '../../../models/metrics/rerank.ts';
import { summary } from '../golden.ts';

const values = Float32Array.from({ length: 240 }, (_, i) => Math.sin(0.7 * i + 0.05 * i ** 2));
const squared = distanceMatrix({ values, size: 6 }, { values, size: 6 }, 'euclidean');
const best = (distance: Float32Array) => [0, 1, 2].map((q) => [...ascendingOrder(distance.subarray(q * 32, (q + 1) * 32)).subarray(0, 5)]);
const NEIGHBOURS = [
  [23, 21, 11, 2, 24],
  [3, 29, 18, 19, 20],
  [28, 8, 29, 18, 19],
];

describe('40 features by formula, k1 = 8, k2 = 3, λ = .3', () => {
  test('on squared Euclidean distances', () => {
    const result = rerank({ distance: squared, queries: 8, k1: 8, k2: 3, lambda: 0.3 });
    expect(summary(result).mean).toBeCloseTo(0.68696618, 5);
    expect(summary(result).l2).toBeCloseTo(11.406246, 4);
    [0.878378, 0.66131383, 0.38528165, 0.47534886].forEach((wanted, g) => expect(result[g]).toBeCloseTo(wanted, 5));
    expect(best(result)).toEqual(NEIGHBOURS);
  });

  test('on true Euclidean distances', () => {
    const result = rerank({ distance: squared.map(Math.sqrt), queries: 8, k1: 8, k2: 3, lambda: 0.3 });
    expect(summary(result).mean).toBeCloseTo(0.7497856, 5);
    expect(summary(result).l2).toBeCloseTo(12.387877, 4);
    [0.92740387, 0.7250835, 0.46146357, 0.5383004].forEach((wanted, g) => expect(result[g]).toBeCloseTo(wanted, 5));
    expect(best(result)).toEqual(NEIGHBOURS);
  });
});

test("fast-reid's evaluator: the Jaccard distance alone, then mixed", () => {
  const jaccard = rerank({ distance: squared, queries: 8, k1: 8, k2: 3, lambda: 0, variant: 'evaluator' });
  expect(summary(jaccard).mean).toBeCloseTo(0.92163217, 5);
  expect(summary(jaccard).l2).toBeCloseTo(15.004086, 4);
  [1, 0.7926227, 0.71052766, 0.86262244].forEach((wanted, g) => expect(jaccard[g]).toBeCloseTo(wanted, 5));
  const result = rerank({ distance: squared, queries: 8, k1: 8, k2: 3, lambda: 0.3, variant: 'evaluator' });
  // The figures add .3 of the squared distance to .7 of the Jaccard distance.
  expect(summary(result).mean).toBeCloseTo(2.51812267, 4);
  expect(summary(result).l2).toBeCloseTo(42.85775, 3);
  expect(best(result)).toEqual([
    [23, 21, 11, 24, 3],
    [3, 29, 18, 20, 11],
    [28, 8, 29, 18, 19],
  ]);
});

test('needs the square matrix', () => expect(() => rerank({ distance: new Float32Array(12), queries: 3 })).toThrow('square matrix'));
