/** Distances against their definitions in float64. */
import { expect, test } from 'vitest';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { lcgValues } from '../golden.ts';

test.each([1, 3, 4, 7, 130])('vectors of %i numbers, over several blocks', (size) => {
  const [query, gallery] = [lcgValues(5 * size, 1), lcgValues(700 * size, 2)];
  const cosine = distanceMatrix({ values: query, size }, { values: gallery, size }, 'cosine');
  const euclidean = distanceMatrix({ values: query, size }, { values: gallery, size }, 'euclidean');
  for (const [q, g] of [
    [0, 0],
    [4, 699],
    [2, 511],
    [3, 64],
  ] as const) {
    let [dot, a, b, squared] = [0, 0, 0, 0];
    for (let k = 0; k < size; k++) {
      const [x, y] = [query[q * size + k]!, gallery[g * size + k]!];
      dot += x * y;
      a += x * x;
      b += y * y;
      squared += (x - y) ** 2;
    }
    expect(cosine[q * 700 + g]).toBeCloseTo(1 - dot / Math.sqrt(a * b), 5);
    expect(euclidean[q * 700 + g]).toBeCloseTo(squared, 4);
  }
});

test('a zero vector is at cosine distance 1, sizes must agree', () => {
  expect([...distanceMatrix({ values: Float32Array.of(0, 0), size: 2 }, { values: Float32Array.of(1, 2), size: 2 }, 'cosine')]).toEqual([1]);
  expect(() => distanceMatrix({ values: new Float32Array(2), size: 2 }, { values: new Float32Array(3), size: 3 }, 'cosine')).toThrow('2 and 3 numbers');
});
