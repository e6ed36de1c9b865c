/** Series of a line chart and the look-up under its cross-hair. Test: test/renderer/charts/lineChart.test.ts. */

export interface LineSeries {
  label: string;
  color: string;
  dash?: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** `smooth`: raw points faint, the mean over them strong. `area`: filled down to the axis. */
  kind: 'line' | 'smooth' | 'area';
  /** Points get a dot; for series with few of them. */
  hasDots?: boolean;
  /** Left out of the read-out, such as a plan. */
  isQuiet?: boolean;
}

/** Position of the point nearest to `x` in sorted `xs`; -1 when there is none. */
export function nearest(xs: ArrayLike<number>, x: number): number {
  if (xs.length === 0) return -1;
  let low = 0;
  let high = xs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - xs[low - 1]! <= xs[low]! - x ? low - 1 : low;
}

/** Last point with a value. */
export function lastValue(ys: ArrayLike<number>): number {
  for (let i = ys.length - 1; i >= 0; i--) if (Number.isFinite(ys[i]!)) return ys[i]!;
  return NaN;
}
