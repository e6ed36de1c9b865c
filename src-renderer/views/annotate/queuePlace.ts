/**
 * Where a tracklet stands in the list that is being worked through. A list that was made before may hold tracklets that were removed since: they
 * are passed over, and counted. Test: test/renderer/annotate/queuePlace.test.ts.
 */
export interface QueuePlace {
  label: string;
  /** Among those that are there, from 1; 0 when the tracklet is not in the list. */
  place: number;
  /** Of those that are there. */
  total: number;
  previous: number | null;
  next: number | null;
  /** How many were removed: of the whole list, and right before and after this one. */
  gone: { all: number; before: number; after: number };
}

/** `there`: ids of the project; null while they are read, when all are taken to be there. */
export function placeIn(ids: ArrayLike<number>, id: number, label: string, there: ReadonlySet<number> | null = null): QueuePlace {
  const isThere = (at: number): boolean => there === null || there.has(ids[at]!);
  const index = Array.prototype.indexOf.call(ids, id);
  let total = 0;
  let upTo = 0;
  for (let at = 0; at < ids.length; at++) {
    if (!isThere(at)) continue;
    total++;
    if (at <= index) upTo++;
  }
  let before = index - 1;
  while (before >= 0 && !isThere(before)) before--;
  let after = index + 1;
  while (after < ids.length && !isThere(after)) after++;
  return {
    label,
    place: index < 0 ? 0 : upTo,
    total,
    previous: index < 0 ? null : (ids[before] ?? null),
    next: ids[after] ?? null,
    gone: { all: ids.length - total, before: index < 0 ? 0 : index - 1 - before, after: after - index - 1 },
  };
}

/** What going on by one step passes over, to be said; null for nothing. */
export function skippedText(count: number): string | null {
  if (count === 0) return null;
  return count === 1 ? 'Skipped 1 tracklet of the queue that was removed' : `Skipped ${count} tracklets of the queue that were removed`;
}
