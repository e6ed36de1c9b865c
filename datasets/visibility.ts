/**
 * The one place that turns a hidden share into the 0..10 score of Occluded-DukeMTMC-VideoReID, and per-frame values into ranges.
 * Score 0 = nothing hidden; k = more than (k−1)·10 % up to k·10 % hidden. Test: test/datasets/readers/text.test.ts.
 */
import type { AnnotationRecord } from './importer.ts';

/** From counted pixels: exact, in integers. */
export function scoreFromPixels(hidden: number, body: number): number {
  return body <= 0 ? 10 : Math.min(10, Math.ceil((hidden * 10) / body));
}

/** From a visible share in 0..1 written as decimal text; `1 − 0.7` must not become 31 %. */
export function scoreFromVisibleShare(visible: number): number {
  return Math.min(10, Math.max(0, Math.ceil((1 - visible) * 10 - 1e-6)));
}

/** Runs of equal values as inclusive ranges; null values leave a hole. */
export function rangesOf<Value>(field: string, values: readonly (Value | null)[]): AnnotationRecord[] {
  const ranges: AnnotationRecord[] = [];
  let start = 0;
  for (let position = 1; position <= values.length; position++) {
    if (position < values.length && JSON.stringify(values[position]) === JSON.stringify(values[start])) continue;
    const value = values[start];
    if (value !== null && value !== undefined) ranges.push({ field, start, end: position - 1, value });
    start = position;
  }
  return ranges;
}
