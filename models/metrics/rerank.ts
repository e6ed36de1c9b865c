/**
 * k-reciprocal re-ranking (Zhong et al., CVPR 2017), numerically as in the original code and in torchreid and fast-reid's rerank.py:
 * distances are squared again, divided by their column's maximum, expanded by mutual neighbours, and mixed with the Jaccard distance.
 * Rows of weights are kept sparse, so memory beyond the input grows with k1, not with the gallery. Test: test/models/metrics/rerank.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { ascendingOrder } from './ranking.ts';

export interface RerankInput {
  /** [N, N] over queries and gallery together, queries first. */
  distance: Float32Array;
  queries: number;
  k1?: number;
  k2?: number;
  lambda?: number;
  /**
   * `evaluator` is what fast-reid's own evaluator runs on squared Euclidean distances: k1 neighbours instead of k1 + 1, weights and the
   * final mixture from the distances as they are, neither squared nor rescaled. Default: `classic`.
   */
  variant?: 'classic' | 'evaluator';
}

interface SparseRow {
  index: Int32Array;
  value: Float32Array;
}

/** → [Q, G]. */
export function rerank({ distance, queries, k1 = 20, k2 = 6, lambda = 0.3, variant = 'classic' }: RerankInput): Float32Array {
  const all = Math.round(Math.sqrt(distance.length));
  if (all * all !== distance.length || queries > all)
    throw new AppError('BAD_INPUT', `Re-ranking needs the square matrix over queries and gallery; ${distance.length} numbers are not one.`);
  const classic = variant === 'classic';
  const original = classic ? rescaled(distance, all) : distance;
  const neighbours = Array.from({ length: all }, (_, i) =>
    ascendingOrder(original.subarray(i * all, (i + 1) * all)).slice(0, Math.max(classic ? k1 + 1 : k1, k2)),
  );
  const weights = neighbours.map((_, i) => expandedWeights(i, original.subarray(i * all, (i + 1) * all), neighbours, k1));
  const expanded = k2 === 1 ? weights : neighbours.map((list) => averaged(list.subarray(0, k2), weights, all));
  return mixed(expanded, original, queries, all, lambda);
}

/** Squares, divides every column by its maximum, transposes. */
function rescaled(distance: Float32Array, all: number): Float32Array {
  const result = new Float32Array(all * all);
  for (let column = 0; column < all; column++) {
    let maximum = 0;
    for (let row = 0; row < all; row++) maximum = Math.max(maximum, Math.fround((distance[row * all + column] as number) ** 2));
    for (let row = 0; row < all; row++) result[column * all + row] = Math.fround((distance[row * all + column] as number) ** 2) / maximum;
  }
  return result;
}

/** Neighbours of i that have i among theirs, both lists k + 1 long because each begins with the entry itself. */
function reciprocal(i: number, neighbours: Int32Array[], k: number): number[] {
  const forward = (neighbours[i] as Int32Array).subarray(0, k + 1);
  return [...forward].filter((candidate) => (neighbours[candidate] as Int32Array).subarray(0, k + 1).includes(i));
}

/** exp(−distance) over the expanded reciprocal set, normalised to sum 1. */
function expandedWeights(i: number, distances: Float32Array, neighbours: Int32Array[], k1: number): SparseRow {
  const core = reciprocal(i, neighbours, k1);
  const inCore = new Set(core);
  const expanded = new Set(core);
  for (const candidate of core) {
    const around = reciprocal(candidate, neighbours, roundHalfEven(k1 / 2));
    const shared = around.filter((entry) => inCore.has(entry)).length;
    if (shared > (2 / 3) * around.length) for (const entry of around) expanded.add(entry);
  }
  const index = Int32Array.from(expanded).sort();
  const raw = Float32Array.from(index, (entry) => Math.exp(-(distances[entry] as number)));
  const total = raw.reduce((sum, value) => sum + value, 0);
  return { index, value: raw.map((value) => value / total) };
}

/** Mean of the weight rows of the nearest entries (query expansion). */
function averaged(list: Int32Array, weights: SparseRow[], all: number): SparseRow {
  const sums = new Map<number, number>();
  for (const entry of list) {
    const { index, value } = weights[entry] as SparseRow;
    for (let j = 0; j < index.length; j++) sums.set(index[j] as number, (sums.get(index[j] as number) ?? 0) + (value[j] as number));
  }
  const index = Int32Array.from(sums.keys()).sort();
  const count = Math.min(list.length, all);
  return { index, value: Float32Array.from(index, (entry) => (sums.get(entry) as number) / count) };
}

/** (1 − λ)·Jaccard + λ·original, where Jaccard = 1 − m / (2 − m) and m is the sum of the smaller weights. */
function mixed(rows: SparseRow[], original: Float32Array, queries: number, all: number, lambda: number): Float32Array {
  const holders: { row: number; value: number }[][] = Array.from({ length: all }, () => []);
  rows.forEach(({ index, value }, row) =>
    index.forEach((column, j) => (holders[column] as { row: number; value: number }[]).push({ row, value: value[j] as number })),
  );
  const gallery = all - queries;
  const result = new Float32Array(queries * gallery);
  const shared = new Float64Array(all);
  for (let q = 0; q < queries; q++) {
    shared.fill(0);
    const { index, value } = rows[q] as SparseRow;
    index.forEach((column, j) => {
      for (const holder of holders[column] as { row: number; value: number }[])
        shared[holder.row] = (shared[holder.row] as number) + Math.min(value[j] as number, holder.value);
    });
    for (let g = 0; g < gallery; g++) {
      const m = shared[queries + g] as number;
      result[q * gallery + g] = (1 - m / (2 - m)) * (1 - lambda) + (original[q * all + queries + g] as number) * lambda;
    }
  }
  return result;
}

/** numpy's rounding. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
