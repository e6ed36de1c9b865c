/**
 * 95 % intervals of means over queries, by drawing identities with replacement: queries of one person are not independent. Every figure of a
 * table is taken from the same draws, so a difference of two methods is paired. Sums an identity are made once; a draw only adds them up.
 * Test: test/shared/statistics/bootstrap.test.ts, against NumPy and against exact enumeration.
 */
import { randomWords } from './random.ts';

export const RESAMPLES = 10_000;
/** Of fewer people no interval is given: the few ways to draw them say little about others. */
export const FEWEST = 5;
const LEVEL = 0.95;
/** Draws of an identity between two pauses: about five milliseconds. */
const PART = 500_000;

export interface Interval {
  low: number;
  high: number;
}

/** A mean over queries: Σ value / Σ weight, with values already weighted. Without a weight every query counts 1. */
export interface Ratio {
  value: ArrayLike<number>;
  weight?: ArrayLike<number>;
}

export interface Draws {
  /** The same text gives the same intervals. */
  seed?: string;
  resamples?: number;
}

/** An interval of each ratio, or null of fewer than `FEWEST` people who have weight in it. */
export function intervalsOf(ratios: readonly Ratio[], identities: ArrayLike<number>, draws: Draws = {}): (Interval | null)[] {
  const work = resample(ratios, identities, draws);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** The same, letting others have a turn every few milliseconds; null when it is no longer wanted. */
export async function intervalsInTurns(
  ratios: readonly Ratio[],
  identities: ArrayLike<number>,
  turn: () => Promise<boolean>,
  draws: Draws = {},
): Promise<(Interval | null)[] | null> {
  const work = resample(ratios, identities, draws);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (!(await turn())) return null;
  }
}

function* resample(
  ratios: readonly Ratio[],
  identities: ArrayLike<number>,
  { seed = 'intervals', resamples = RESAMPLES }: Draws,
): Generator<void, (Interval | null)[]> {
  const { sums, people, columns, top, bottom } = sumsByIdentity(ratios, identities);
  const enough = bottom.map((column) => weighty(sums, people, columns, column) >= FEWEST);
  if (!enough.includes(true)) return ratios.map(() => null);
  const next = randomWords(seed);
  const means = ratios.map(() => new Float64Array(resamples));
  const total = new Float64Array(columns);
  let drawn = 0;
  for (let r = 0; r < resamples; r++) {
    drawPeople(sums, people, columns, next, total);
    // A draw may hold nobody with weight; it says nothing about that mean.
    for (let k = 0; k < means.length; k++) (means[k] as Float64Array)[r] = (total[top[k] as number] as number) / (total[bottom[k] as number] as number);
    drawn += people;
    if (drawn >= PART) {
      drawn = 0;
      yield;
    }
  }
  return means.map((values, k) => {
    if (!enough[k]) return null;
    const known = values.filter((value) => !Number.isNaN(value)).sort();
    return { low: quantile(known, (1 - LEVEL) / 2), high: quantile(known, (1 + LEVEL) / 2) };
  });
}

/** Apart from the generator, whose body the engine does not optimise. */
function drawPeople(sums: Float64Array, people: number, columns: number, next: () => number, total: Float64Array): void {
  total.fill(0);
  for (let i = 0; i < people; i++) {
    const row = Math.floor((next() / 4294967296) * people) * columns;
    for (let c = 0; c < columns; c++) total[c] = (total[c] as number) + (sums[row + c] as number);
  }
}

/** Rows are people; a column is a distinct array of values or weights. */
function sumsByIdentity(ratios: readonly Ratio[], identities: ArrayLike<number>) {
  const rowOf = new Map<number, number>();
  for (let q = 0; q < identities.length; q++) if (!rowOf.has(identities[q] as number)) rowOf.set(identities[q] as number, rowOf.size);
  const one = new Uint8Array(identities.length).fill(1);
  const vectors: ArrayLike<number>[] = [];
  const columnOf = (vector: ArrayLike<number>): number => {
    const known = vectors.indexOf(vector);
    return known >= 0 ? known : vectors.push(vector) - 1;
  };
  const top = ratios.map(({ value }) => columnOf(value));
  const bottom = ratios.map(({ weight }) => columnOf(weight ?? one));
  const columns = vectors.length;
  const sums = new Float64Array(rowOf.size * columns);
  for (let q = 0; q < identities.length; q++) {
    const row = (rowOf.get(identities[q] as number) as number) * columns;
    for (let c = 0; c < columns; c++) sums[row + c] = (sums[row + c] as number) + ((vectors[c] as ArrayLike<number>)[q] as number);
  }
  return { sums, people: rowOf.size, columns, top, bottom };
}

function weighty(sums: Float64Array, people: number, columns: number, column: number): number {
  let count = 0;
  for (let i = 0; i < people; i++) if ((sums[i * columns + column] as number) > 0) count++;
  return count;
}

/** Between the two neighbours, as NumPy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return (sorted[low] as number) + ((sorted[high] as number) - (sorted[low] as number)) * (position - low);
}
