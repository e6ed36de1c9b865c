/**
 * Intervals of a share of queries, drawn around CMC curves. Queries of one person are alike, so the interval is by identity:
 * the spread between identities gives a design effect, and Wilson's interval is taken for that many fewer independent queries.
 * Test: test/renderer/charts/intervals.test.ts.
 */

const Z = 1.959963984540054;

export interface Interval {
  low: number;
  high: number;
}

/** Wilson's 95 % interval of a share `p` of `n` independent trials. */
export function wilson(p: number, n: number): Interval {
  if (!(n > 0)) return { low: 0, high: 1 };
  const z2 = (Z * Z) / n;
  const centre = (p + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))) / (1 + z2);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** 95 % interval of the share of `hits`, where trials with the same `cluster` belong together. */
export function clusteredShare(hits: ArrayLike<boolean | number>, clusters: ArrayLike<number>): Interval & { share: number; effective: number } {
  const n = hits.length;
  if (n === 0) return { share: NaN, low: 0, high: 1, effective: 0 };
  const sums = new Map<number, { hits: number; n: number }>();
  let total = 0;
  for (let i = 0; i < n; i++) {
    const entry = sums.get(clusters[i]!) ?? { hits: 0, n: 0 };
    entry.n++;
    if (hits[i]) {
      entry.hits++;
      total++;
    }
    sums.set(clusters[i]!, entry);
  }
  const share = total / n;
  const groups = sums.size;
  let squares = 0;
  for (const entry of sums.values()) squares += (entry.hits - share * entry.n) ** 2;
  const independent = (share * (1 - share)) / n;
  // All hit or none: the spread says nothing, so the cautious count is one trial an identity.
  const effect = independent === 0 || groups < 2 ? n / groups : Math.max(1, ((squares / n ** 2) * (groups / (groups - 1))) / independent);
  const effective = n / effect;
  return { share, effective, ...wilson(share, effective) };
}
