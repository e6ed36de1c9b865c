/** Bins of a length histogram in words: an edge is where the next bin begins, so the last length that a bin holds is one less. Test: test/main/features/lengthBins.test.ts. */

/** Lengths that bins `from` up to, not with, `to` hold. */
export function lengthsOf(edges: readonly number[], from: number, to: number): { min: number; max: number } {
  const min = Math.round(edges[from] ?? 0);
  return { min, max: Math.max(min, Math.round(edges[to] ?? 0) - 1) };
}

export function lengthsText(edges: readonly number[], from: number, to: number): string {
  const { min, max } = lengthsOf(edges, from, to);
  return min === max ? String(min) : `${min}–${max}`;
}
