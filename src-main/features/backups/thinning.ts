/**
 * Which copies to keep: all of today and yesterday, then one a day for two weeks, one a week for two months, one a month for two years, one a year.
 * Pure. Copies come in the order in which they were made, and that order counts, not their clocks: a time that lies after the next copy's, or in
 * the future, is taken for that. The newest are kept whatever the clock says. Test: test/main/features/thinning.test.ts.
 */
export interface Copy {
  id: string;
  /** Grows with every copy. */
  sequence: number;
  at: number;
  bytes: number;
}

export const ALWAYS_KEPT = 10;
/** Beyond it the most crowded ones go, down to those that are always kept. */
const MOST_BYTES = 4 * 1024 ** 3;
const DAY = 24 * 3600 * 1000;

/** Ids of the copies that are no longer needed. `dayOf` numbers the days of the person's calendar. */
export function superfluous(copies: readonly Copy[], now: number, { dayOf = localDay, mostBytes = MOST_BYTES } = {}): string[] {
  let next = now;
  const newestFirst = copies.toSorted((a, b) => b.sequence - a.sequence || b.at - a.at).map((copy) => ({ ...copy, at: (next = Math.min(copy.at, next)) }));
  const today = dayOf(now);
  const taken = new Set<string>();
  const kept = newestFirst.filter((copy, index) => {
    const slot = slotOf(copy.at, today - dayOf(copy.at), dayOf);
    const isFirst = slot === null || !taken.has(slot);
    if (slot !== null) taken.add(slot);
    return isFirst || index < ALWAYS_KEPT;
  });
  let bytes = kept.reduce((sum, copy) => sum + copy.bytes, 0);
  while (bytes > mostBytes && kept.length > ALWAYS_KEPT) {
    const [gone] = kept.splice(mostCrowded(kept, now), 1);
    bytes -= gone?.bytes ?? 0;
  }
  const ids = new Set(kept.map((copy) => copy.id));
  return newestFirst.filter((copy) => !ids.has(copy.id)).map((copy) => copy.id);
}

/** The first of a slot is kept; null: kept in any case. */
function slotOf(at: number, age: number, dayOf: (at: number) => number): string | null {
  if (age <= 1) return null;
  const date = new Date(at);
  if (age <= 14) return `day ${dayOf(at)}`;
  if (age <= 70) return `week ${Math.floor((dayOf(at) + 3) / 7)}`;
  if (age <= 730) return `month ${date.getFullYear()}-${date.getMonth()}`;
  return `year ${date.getFullYear()}`;
}

/** The one whose neighbours lie closest together for its age. */
function mostCrowded(kept: readonly Copy[], now: number): number {
  let best = kept.length - 1;
  let least = Infinity;
  for (let index = ALWAYS_KEPT; index < kept.length; index++) {
    const [newer, own, older] = [kept[index - 1], kept[index], kept[index + 1]];
    if (!newer || !own) continue;
    const gap = (newer.at - (older?.at ?? own.at - (newer.at - own.at))) / (now - own.at + 3_600_000);
    if (gap < least) [least, best] = [gap, index];
  }
  return best;
}

function localDay(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
}
