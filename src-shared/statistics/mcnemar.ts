/** McNemar's exact test on who is right where the other is wrong. Test: test/shared/statistics/mcnemar.test.ts, against SciPy. */

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
