/** Where a tracklet stands in the list that is being worked through. */
export interface QueuePlace {
  label: string;
  /** From 1; 0 when the tracklet is not in the list. */
  place: number;
  total: number;
  previous: number | null;
  next: number | null;
}

export function placeIn(ids: ArrayLike<number>, id: number, label: string): QueuePlace {
  const index = Array.prototype.indexOf.call(ids, id);
  if (index < 0) return { label, place: 0, total: ids.length, previous: null, next: ids[0] ?? null };
  return { label, place: index + 1, total: ids.length, previous: ids[index - 1] ?? null, next: ids[index + 1] ?? null };
}
