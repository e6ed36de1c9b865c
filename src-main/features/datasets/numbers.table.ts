/**
 * Numbers and keys inside one data set, for whoever tells people, cameras, tracklets and media by them. Two sources of a union may have equal ones:
 * the first keeps its own, of the others those that are taken get free ones. They follow from the sources alone, not from which of their
 * tracklets are members, so that they stay when a source goes to the removed things and returns.
 * Test: test/main/features/datasets/numbers.test.ts.
 */
import type { Reader } from '../../db/handles.ts';
import { trackletsOf } from './tracklets.table.ts';

const COLUMN = { camera: 'camid', identity: 'pid' } as const;

/** By row, its number in the data set; null where rows have their own, as in data sets of one source. */
export function numbersOf(db: Reader, datasetId: number, table: keyof typeof COLUMN): Map<number, number> | null {
  const { imported } = trackletsOf(db, datasetId);
  if (imported.length < 2) return null;
  const rows = imported.flatMap((id) =>
    db.tuples<[number, number]>(`SELECT id, ${COLUMN[table]} FROM main.${table} WHERE dataset_id = ? ORDER BY ${COLUMN[table]}`, [id]),
  );
  // Above every number of any source, so that the number of a later one is not taken before it comes.
  let free = Math.max(0, ...rows.map(([, own]) => own)) + 1;
  const taken = new Set<number>();
  return new Map(
    rows.map(([id, own]) => {
      const number = taken.has(own) ? free++ : own;
      taken.add(number);
      return [id, number];
    }),
  );
}

/** The key of a tracklet or medium of data set `of`: with a number behind it where an earlier source has that key too. */
export function keyWithin(db: Reader, imported: readonly number[], table: 'tracklet' | 'media', { of, key }: { of: number; key: string }): string {
  const isIn = (source: number, wanted: string): boolean =>
    db.column(`SELECT 1 FROM main.${table} WHERE dataset_id = ? AND key = ?`, [source, wanted]).length > 0;
  const earlier = imported.slice(0, imported.indexOf(of)).filter((source) => isIn(source, key)).length;
  if (earlier === 0) return key;
  // As many further as there were before it: each of them has one of these.
  for (let n = 2, left = earlier; ; n++) {
    const wanted = `${key} (${n})`;
    if (imported.some((source) => isIn(source, wanted))) continue;
    if (--left === 0) return wanted;
  }
}
