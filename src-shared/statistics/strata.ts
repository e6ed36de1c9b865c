/**
 * Strata of queries by their hidden share: the bins of ODV's first table, and one more for queries whose share may not be counted.
 * Bins follow the labels of today, never those of the day of an evaluation. Test: test/shared/statistics/strata.test.ts.
 */

export interface Stratum {
  label: string;
  /** Fractions; null where nobody has judged enough frames. */
  from: number | null;
  to: number | null;
}

/** Nothing hidden apart, then half open below. */
export const STRATA: readonly Stratum[] = [
  { label: '0', from: 0, to: 0 },
  { label: '0–40', from: 0, to: 0.4 },
  { label: '40–60', from: 0.4, to: 0.6 },
  { label: '60–70', from: 0.6, to: 0.7 },
  { label: '70–80', from: 0.7, to: 0.8 },
  { label: '80–90', from: 0.8, to: 0.9 },
  { label: '90–100', from: 0.9, to: 1 },
  { label: 'not judged', from: null, to: null },
];

/** A share belongs to the first bin whose closed range holds it; `share` is `countedShare` of the tracklet. */
export function stratumOf(share: number | null): number {
  if (share === null) return STRATA.length - 1;
  return STRATA.findIndex(({ from, to }) => from !== null && to !== null && from <= share && share <= to);
}
