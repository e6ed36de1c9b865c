import { describe, expect, it } from 'vitest';
import { quantile, smooth, thin } from '../../../src-renderer/charts/smoothing.ts';

describe('smooth', () => {
  it('starts at the first value and stays on a constant', () => {
    expect(Array.from(smooth([4, 4, 4])).map((v) => Number(v.toFixed(9)))).toEqual([4, 4, 4]);
  });

  it('weights by age, without the pull of a start at zero', () => {
    // keep 0.5: weights 1, 2 of 3 for two values; 1, 2, 4 of 7 for three.
    expect(Array.from(smooth([7, 0, 7], 0.5)).map((v) => Number(v.toFixed(9)))).toEqual([7, Number((7 / 3).toFixed(9)), 5]);
  });

  it('passes over gaps', () => {
    const out = smooth([2, NaN, 2], 0.5);
    expect(out[1]).toBeNaN();
    expect(out[2]).toBeCloseTo(2, 12);
  });
});

describe('thin', () => {
  it('keeps every extreme of a long series', () => {
    const xs = Float64Array.from({ length: 10_000 }, (_, i) => i);
    const ys = xs.map((x) => (x === 4321 ? 50 : x === 7777 ? -50 : Math.sin(x)));
    const kept = thin(xs, ys, 200);
    expect(kept.length).toBeLessThanOrEqual(804);
    expect(kept).toContain(4321);
    expect(kept).toContain(7777);
    expect([kept[0], kept.at(-1)]).toEqual([0, 9999]);
  });

  it('leaves a short one alone', () => {
    expect(thin([1, 2, 3], [1, 2, 3], 100)).toEqual([0, 1, 2]);
  });
});

describe('quantile', () => {
  it('interpolates as the usual definition does', () => {
    // numpy.percentile([1, 2, 3, 4], [50, 95]) = 2.5, 3.85
    expect([quantile([4, 1, 3, 2], 0.5), Number(quantile([4, 1, 3, 2], 0.95).toFixed(9))]).toEqual([2.5, 3.85]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
