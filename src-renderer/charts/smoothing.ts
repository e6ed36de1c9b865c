/**
 * Smoothing and thinning of a series for drawing. Neither changes what is stored: raw points stay visible under a smoothed line.
 * Test: test/renderer/charts/smoothing.test.ts.
 */

/** Exponential mean with the start's bias taken out, so that the first value is itself. Gaps (NaN) are passed over. */
export function smooth(values: ArrayLike<number>, keep = 0.88): Float64Array {
  const out = new Float64Array(values.length);
  let mean = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) {
      mean = mean * keep + value * (1 - keep);
      weight = weight * keep + (1 - keep);
    }
    out[i] = Number.isFinite(value) ? mean / weight : NaN;
  }
  return out;
}

/** Positions to draw so that a long series costs no more than four points a pixel: first, lowest, highest and last of each column. */
export function thin(xs: ArrayLike<number>, ys: ArrayLike<number>, columns: number): number[] {
  const n = xs.length;
  if (n <= columns * 4 || columns < 1) return Array.from({ length: n }, (_, i) => i);
  const low = xs[0]!;
  const width = (xs[n - 1]! - low) / columns || 1;
  const kept = new Set<number>();
  let start = 0;
  while (start < n) {
    const column = Math.floor((xs[start]! - low) / width);
    let end = start;
    let lowest = start;
    let highest = start;
    while (end < n && Math.floor((xs[end]! - low) / width) === column) {
      if (ys[end]! < ys[lowest]!) lowest = end;
      if (ys[end]! > ys[highest]!) highest = end;
      end++;
    }
    for (const i of [start, lowest, highest, end - 1]) kept.add(i);
    start = end;
  }
  return [...kept].sort((a, b) => a - b);
}

/** Value below which the share `q` of the finite values lies, by linear interpolation between neighbours; NaN when there is none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Array.from(values)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below]! + (at - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
}
