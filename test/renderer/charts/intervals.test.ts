import { describe, expect, it } from 'vitest';
import { clusteredShare, wilson } from '../../../src-renderer/charts/intervals.ts';

describe('intervals', () => {
  it("agrees with published values of Wilson's interval", () => {
    // Newcombe 1998, table I, method 3: 81/263 → .2553, .3662; 15/148 → .0624, .1605; 0/20 → .0000, .1611; 1/29 → .0061, .1718
    for (const [hits, n, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const interval = wilson(hits / n, n);
      expect([Number(interval.low.toFixed(4)), Number(interval.high.toFixed(4))]).toEqual([low, high]);
    }
  });

  it('is plain Wilson when identities differ no more than chance', () => {
    const hits = Array.from({ length: 40 }, (_, i) => i % 2);
    const clusters = hits.map((_, i) => i >> 1);
    const { low, high, effective } = clusteredShare(hits, clusters);
    expect(effective).toBe(40);
    expect({ low, high }).toEqual(wilson(0.5, 40));
  });

  it('counts ten alike queries of one person about once', () => {
    const hits = Array.from({ length: 200 }, (_, i) => Math.floor(i / 10) % 2);
    const clusters = hits.map((_, i) => Math.floor(i / 10));
    expect(Math.round(clusteredShare(hits, clusters).effective)).toBe(19);
  });

  it('does not claim certainty where all queries hit', () => {
    const { low, high } = clusteredShare([1, 1, 1, 1], [7, 7, 8, 8]);
    expect(low).toBeLessThan(0.5);
    expect(high).toBe(1);
  });
});
