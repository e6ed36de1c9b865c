/** Strata and paired differences: bins, intervals that cover, and the exact test against scipy's binomtest (1.17.1, values below). */
import { describe, expect, test } from 'vitest';
import { bootstrapMean, mcnemar, pairedDifference, strataTable } from '../../../models/metrics/strata.ts';
import { createRng } from '../../../models/rng.ts';

const outcome = (ap: number, firstHit = 1, valid = true) => ({ ap, firstHit, valid });

describe('strata', () => {
  const bins = [
    { label: '0', from: 0, to: 0 },
    { label: '0–30 %', from: 0, to: 0.3 },
    { label: '30–100 %', from: 0.3, to: 1 },
    { label: 'none', from: 2, to: 3 },
  ];

  test('a value belongs to the first bin that holds it; invalid and unknown are left out', () => {
    const rows = strataTable({
      perQuery: [outcome(1), outcome(0.5, 2), outcome(0.7), outcome(0.1, 3), outcome(0, 0, false), outcome(0.9)],
      values: [0, 0.3, 0.1, 1, 0.5, null],
      pids: [1, 2, 3, 4, 5, 6],
      bins,
      rng: createRng(1),
    });
    expect(rows.map(({ n, mAP, rank1 }) => [n, mAP === null ? null : Number(mAP.toFixed(9)), rank1])).toEqual([
      [1, 1, 1],
      [2, 0.6, 0.5],
      [1, 0.1, 0],
      [0, null, null],
    ]);
    for (const { mAP, mAPLow, mAPHigh } of rows) if (mAP !== null) expect((mAPLow as number) <= mAP && mAP <= (mAPHigh as number)).toBe(true);
  });

  test('the same seed gives the same interval', () => {
    const run = (seed: number) =>
      strataTable({ perQuery: [outcome(0.2), outcome(0.9), outcome(0.4)], values: [0.1, 0.1, 0.2], pids: [1, 2, 3], bins, rng: createRng(seed) });
    expect(run(1)).toEqual(run(1));
  });
});

describe('bootstrap by identity', () => {
  test('95 % intervals hold the true mean about as often as they say', () => {
    const rng = createRng(11);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const values: number[] = [];
      const pids: number[] = [];
      for (let pid = 0; pid < 40; pid++) {
        // Queries of one person share a value: an interval that ignored identities would be far too narrow.
        const person = rng.normal();
        for (let i = 0; i < 5; i++) {
          values.push(person + 0.1 * rng.normal());
          pids.push(pid);
        }
      }
      const [low, high] = bootstrapMean(values, pids, { rng, resamples: 300 });
      if (low <= 0 && 0 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });
});

describe('paired differences', () => {
  test('counts, means and signs', () => {
    const a = [outcome(0.9), outcome(0.8), outcome(0.4, 3), outcome(0.2, 9), outcome(0, 0, false)];
    const b = [outcome(0.7), outcome(0.6, 2), outcome(0.5), outcome(0.2, 5), outcome(1)];
    const result = pairedDifference(a, b, [1, 2, 3, 4, 5], { rng: createRng(1) });
    expect(result).toMatchObject({ n: 4, bothRight: 1, onlyA: 1, onlyB: 1, bothWrong: 1, rank1: 0, mcnemarP: 1 });
    expect(result.mAP).toBeCloseTo((0.2 + 0.2 - 0.1 + 0) / 4, 12);
    expect(() => pairedDifference(a, b.slice(1), [1, 2, 3, 4, 5], { rng: createRng(1) })).toThrow('only the same queries');
  });

  test.each([
    { onlyA: 0, onlyB: 0, p: 1.0 },
    { onlyA: 5, onlyB: 5, p: 1.0 },
    { onlyA: 1, onlyB: 9, p: 0.021484375 },
    { onlyA: 0, onlyB: 6, p: 0.03125 },
    { onlyA: 12, onlyB: 30, p: 0.007915897334896727 },
    { onlyA: 700, onlyB: 800, p: 0.010559255466711506 },
    { onlyA: 3, onlyB: 2000, p: 0.0 },
  ])('McNemar, $onlyA against $onlyB', ({ onlyA, onlyB, p }) => {
    expect(mcnemar(onlyA, onlyB)).toBeCloseTo(p, 9);
    expect(mcnemar(onlyB, onlyA)).toBe(mcnemar(onlyA, onlyB));
  });
});
