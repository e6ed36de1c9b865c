/**
 * The algebra of values on ranges, pure: ranges of one field of one tracklet, sorted, inclusive, never overlapping. Setting a value cuts what
 * it covers and joins equal neighbours; clearing only cuts. Test: test/main/features/ranges.test.ts (against an array with one entry a frame).
 */
export interface ValueRange {
  start: number;
  end: number;
  /** JSON text, so that equality is plain. */
  value: string;
  how: string;
  annotator: string;
  updatedAt: number;
}

/** `value` null clears. Returns a new list. */
export function paint(ranges: readonly ValueRange[], edit: Omit<ValueRange, 'value'> & { value: string | null }): ValueRange[] {
  const result: ValueRange[] = [];
  let merged: ValueRange | null = edit.value === null ? null : { ...edit, value: edit.value };
  for (const range of ranges) {
    if (merged && sameValue(range, merged) && range.end >= edit.start - 1 && range.start <= edit.end + 1) {
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

function sameValue(a: ValueRange, b: ValueRange): boolean {
  return a.value === b.value && a.how === b.how && a.annotator === b.annotator;
}

/** What has to be removed and added to come from one list to the other. A range that only got a newer time stays as it is. */
export function difference(before: readonly ValueRange[], after: readonly ValueRange[]): { removed: ValueRange[]; added: ValueRange[] } {
  const identity = (range: ValueRange): string => `${range.start}:${range.end}:${range.how}:${range.annotator}:${range.value}`;
  const kept = new Set(before.map(identity));
  const wanted = new Set(after.map(identity));
  return { removed: before.filter((range) => !wanted.has(identity(range))), added: after.filter((range) => !kept.has(identity(range))) };
}
