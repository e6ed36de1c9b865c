/**
 * The algebra of values on ranges of frame positions, pure, for page and host: ranges of one field of one tracklet, sorted, inclusive, never
 * overlapping. Setting a value cuts what it covers and joins equal neighbours; clearing only cuts. A value may be what it is or its JSON text.
 * Test: test/shared/ranges.test.ts (against an array with one entry a frame).
 */
import { valuesEqual } from './fields/field.ts';

export interface ValueRange<Value = unknown> {
  start: number;
  end: number;
  value: Value;
  how: string;
  annotator: string;
  updatedAt: number;
}

/** `value` null clears. Returns a new list. */
export function paint<Range extends ValueRange>(ranges: readonly Range[], edit: Omit<Range, 'value'> & { value: Range['value'] | null }): Range[] {
  const result: Range[] = [];
  let merged = edit.value === null ? null : ({ ...edit } as Range);
  for (const range of ranges) {
    if (merged && isSame(range, merged) && range.end >= edit.start - 1 && range.start <= edit.end + 1) {
      merged = { ...merged, start: Math.min(merged.start, range.start), end: Math.max(merged.end, range.end) };
      continue;
    }
    if (range.end < edit.start || range.start > edit.end) {
      result.push(range);
      continue;
    }
    if (range.start < edit.start) result.push({ ...range, end: edit.start - 1 });
    if (range.end > edit.end) result.push({ ...range, start: edit.end + 1 });
  }
  if (merged) result.push(merged);
  return result.sort((a, b) => a.start - b.start);
}

/** Sorted ranges with equal neighbours made one, of the newer time. */
export function joined<Range extends ValueRange>(sorted: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const range of sorted) {
    const last = out.at(-1);
    if (last && last.end + 1 === range.start && isSame(last, range))
      out[out.length - 1] = { ...last, end: range.end, updatedAt: Math.max(last.updatedAt, range.updatedAt) };
    else out.push(range);
  }
  return out;
}

function isSame(a: ValueRange, b: ValueRange): boolean {
  return a.how === b.how && a.annotator === b.annotator && valuesEqual(a.value, b.value);
}

/** What has to be removed and added to come from one list to the other. A range that only got a newer time stays as it is. */
export function difference<Range extends ValueRange<string>>(before: readonly Range[], after: readonly Range[]): { removed: Range[]; added: Range[] } {
  const identity = (range: Range): string => `${range.start}:${range.end}:${range.how}:${range.annotator}:${range.value}`;
  const kept = new Set(before.map(identity));
  const wanted = new Set(after.map(identity));
  return { removed: before.filter((range) => !wanted.has(identity(range))), added: after.filter((range) => !kept.has(identity(range))) };
}

/** Index of the range that covers a position, or −1. */
export function indexAt(ranges: readonly ValueRange[], position: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle] as ValueRange;
    if (position < range.start) high = middle - 1;
    else if (position > range.end) low = middle + 1;
    else return middle;
  }
  return -1;
}

export function rangeAt<Range extends ValueRange>(ranges: readonly Range[], position: number): Range | null {
  return ranges[indexAt(ranges, position)] ?? null;
}

/** First and last position with the same value (or the same absence of one) around a position, whoever set it. */
export function runAround(ranges: readonly ValueRange[], position: number, frames: number): { start: number; end: number } {
  const index = indexAt(ranges, position);
  if (index < 0) {
    const after = ranges.findIndex((range) => range.start > position);
    const before = after < 0 ? ranges.at(-1) : ranges[after - 1];
    return { start: before ? before.end + 1 : 0, end: after < 0 ? frames - 1 : at(after).start - 1 };
  }
  const { value } = at(index);
  let first = index;
  let last = index;
  while (first > 0 && at(first - 1).end + 1 === at(first).start && valuesEqual(at(first - 1).value, value)) first--;
  while (last < ranges.length - 1 && at(last + 1).start === at(last).end + 1 && valuesEqual(at(last + 1).value, value)) last++;
  return { start: at(first).start, end: at(last).end };

  function at(i: number): ValueRange {
    return ranges[i] as ValueRange;
  }
}
