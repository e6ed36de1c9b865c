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

export interface Run<Value> {
  start: number;
  end: number;
  value: Value;
}

/** Runs of equal values as inclusive ranges; null values leave a hole. */
export function runsOf<Value>(values: readonly (Value | null)[], areEqual = (a: Value, b: Value): boolean => a === b): Run<Value>[] {
  const runs: Run<Value>[] = [];
  for (const [position, value] of values.entries()) {
    if (value === null) continue;
    const last = runs.at(-1);
    if (last?.end === position - 1 && areEqual(last.value, value)) last.end = position;
    else runs.push({ start: position, end: position, value });
  }
  return runs;
}

/** Runs as values of a field, which may be lists. */
export function rangesOf<Value>(field: string, values: readonly (Value | null)[]): AnnotationRecord[] {
  return runsOf(values, (a, b) => JSON.stringify(a) === JSON.stringify(b)).map((run) => ({ field, ...run }));
}
