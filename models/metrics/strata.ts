/**
 * Results by stratum (such as how occluded the query is) and paired differences between two runs, both with bootstrap intervals that
 * resample identities, because queries of one person are not independent. Test: test/models/metrics/strata.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { Rng } from '../method.ts';
import type { QueryResult } from './rank.ts';

export interface Bin {
  label: string;
  from: number;
  to: number;
}

export interface StrataRow extends Bin {
  /** Valid queries in the bin. */
  n: number;
  mAP: number | null;
  mAPLow: number | null;
  mAPHigh: number | null;
  rank1: number | null;
}

export interface Resampling {
  rng: Rng;
  /** Default 1,000. */
  resamples?: number;
  /** Coverage of the interval; default .95. */
  level?: number;
}

type Outcome = Pick<QueryResult, 'valid' | 'ap' | 'firstHit'>;

export interface StrataInput extends Resampling {
  perQuery: Outcome[];
  /** One value per query; null leaves the query out. */
  values: (number | null)[];
  /** Identity of each query. */
  pids: number[];
  bins: Bin[];
}

/** A value belongs to the first bin whose closed range holds it, so that bins may share their edges and a bin may hold a single value. */
export function strataTable(input: StrataInput): StrataRow[] {
  const { perQuery, values, pids, bins } = input;
  if (values.length !== perQuery.length || pids.length !== perQuery.length)
    throw new AppError('BAD_INPUT', `There are ${perQuery.length} queries, but ${values.length} values and ${pids.length} identities.`);
  const members: number[][] = bins.map(() => []);
  values.forEach((value, q) => {
    if (value === null || !(perQuery[q] as Outcome).valid) return;
    members[bins.findIndex(({ from, to }) => from <= value && value <= to)]?.push(q);
  });
  return bins.map((bin, b) => {
    const queries = members[b] as number[];
    if (queries.length === 0) return { ...bin, n: 0, mAP: null, mAPLow: null, mAPHigh: null, rank1: null };
    const precisions = queries.map((q) => (perQuery[q] as Outcome).ap);
    const [mAPLow, mAPHigh] = bootstrapMean(
      precisions,
      queries.map((q) => pids[q] as number),
      { ...input, rng: input.rng.fork(bin.label) },
    );
    return {
      ...bin,
      n: queries.length,
      mAP: mean(precisions),
      mAPLow,
      mAPHigh,
      rank1: mean(queries.map((q) => ((perQuery[q] as Outcome).firstHit === 1 ? 1 : 0))),
    };
  });
}

export interface PairedDifference {
  /** A − B over the queries that are valid in both. */
  mAP: number;
  mAPLow: number;
  mAPHigh: number;
  rank1: number;
  bothRight: number;
  onlyA: number;
  onlyB: number;
  bothWrong: number;
  /** Exact McNemar test on rank 1, two-sided. */
  mcnemarP: number;
  n: number;
}

export function pairedDifference(a: Outcome[], b: Outcome[], pids: number[], resampling: Resampling): PairedDifference {
  if (a.length !== b.length || pids.length !== a.length)
    throw new AppError('BAD_INPUT', `The runs were evaluated on ${a.length} and ${b.length} queries; only the same queries can be compared.`);
  const both = a.map((_, q) => q).filter((q) => (a[q] as Outcome).valid && (b[q] as Outcome).valid);
  if (both.length === 0) throw new AppError('NO_VALID_QUERY', 'No query is valid in both runs.');
  const differences = both.map((q) => (a[q] as Outcome).ap - (b[q] as Outcome).ap);
  const [mAPLow, mAPHigh] = bootstrapMean(
    differences,
    both.map((q) => pids[q] as number),
    resampling,
  );
  const counts = { bothRight: 0, onlyA: 0, onlyB: 0, bothWrong: 0 };
  for (const q of both) {
    const rightA = (a[q] as Outcome).firstHit === 1;
    const rightB = (b[q] as Outcome).firstHit === 1;
    counts[rightA ? (rightB ? 'bothRight' : 'onlyA') : rightB ? 'onlyB' : 'bothWrong']++;
  }
  return {
    mAP: mean(differences),
    mAPLow,
    mAPHigh,
    rank1: (counts.onlyA - counts.onlyB) / both.length,
    ...counts,
    mcnemarP: mcnemar(counts.onlyA, counts.onlyB),
    n: both.length,
  };
}

/** Percentile interval of the mean when identities are drawn with replacement. */
export function bootstrapMean(values: number[], pids: number[], { rng, resamples = 1000, level = 0.95 }: Resampling): [number, number] {
  const sums = new Map<number, { sum: number; count: number }>();
  values.forEach((value, i) => {
    const entry = sums.get(pids[i] as number) ?? { sum: 0, count: 0 };
    entry.sum += value;
    entry.count++;
    sums.set(pids[i] as number, entry);
  });
  const identities = [...sums.values()];
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < identities.length; i++) {
      const drawn = identities[rng.below(identities.length)] as { sum: number; count: number };
      sum += drawn.sum;
      count += drawn.count;
    }
    means[r] = sum / count;
  }
  means.sort();
  return [quantile(means, (1 - level) / 2), quantile(means, (1 + level) / 2)];
}

/** Exact two-sided p of `onlyA` against `onlyB` under equal chances. */
export function mcnemar(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  if (n === 0) return 1;
  // Binomial probabilities by their logarithms, so that thousands of queries do not overflow.
  let logChoose = 0;
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyA, onlyB); k++) {
    if (k > 0) logChoose += Math.log(n - k + 1) - Math.log(k);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return (sorted[low] as number) + ((sorted[high] as number) - (sorted[low] as number)) * (position - low);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
