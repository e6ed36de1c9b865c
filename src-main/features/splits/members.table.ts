/**
 * Who is on which side of which split set. Of the set in use, the side stands a second time, in `tracklet.split`, as the visibility of a tracklet
 * stands beside its ranges: the grid filters and sorts by it out of its covering index. Both are written here and nowhere else, in one
 * transaction, so that they say the same.
 * Tests: test/main/features/splits/members.test.ts, test/main/features/splits/model.test.ts (against a model).
 */
import { FIRST_SPLIT } from '../../../datasets/importer.ts';
import type { SplitName } from '../../../src-shared/contract/datasets.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { readRecipe } from '../datasets/recipe.ts';
import { trackletsOf } from '../datasets/tracklets.table.ts';

/** Where a tracklet stands in the set in use of its data set. */
const SIDE_IN_USE = `coalesce((SELECT m.side FROM dataset d JOIN split_member m ON m.split_set_id = d.split_set_id
  WHERE d.id = tracklet.dataset_id AND m.tracklet_id = tracklet.id), 'none')`;

/** Where tracklet `t` stands in the first set of its data set. */
export const SIDE_IN_FIRST = `coalesce((SELECT m.side FROM split_member m WHERE m.tracklet_id = t.id
  AND m.split_set_id = (SELECT min(s.id) FROM split_set s WHERE s.dataset_id = t.dataset_id)), 'none')`;

export interface NewSplitSet {
  datasetId: number;
  name: string;
  origin: 'imported' | 'built';
  at: number;
}

export function addSplitSet(db: Writer, { datasetId, name, origin, at }: NewSplitSet): number {
  return db.run('INSERT INTO split_set (dataset_id, name, origin, created_at) VALUES (?, ?, ?, ?)', [datasetId, name, origin, at]).id;
}

/** The set that a data set began with; undefined where there is none. */
export function firstSet(db: Reader, datasetId: number): number | undefined {
  return db.column<number | null>('SELECT min(id) FROM split_set WHERE dataset_id = ?', [datasetId])[0] ?? undefined;
}

/** Whether tracklet `t` is one of the data set that split set `s` is of. */
const IS_ITS_OWN = `(t.dataset_id = s.dataset_id OR EXISTS (SELECT 1 FROM dataset_member dm WHERE dm.dataset_id = s.dataset_id AND dm.tracklet_id = t.id))`;

/** Tracklets that are not there, or belong to another data set, are passed over. */
export function setSides(db: Writer, splitSet: number, trackletIds: Iterable<number>, side: SplitName): void {
  for (const id of trackletIds) {
    if (side === 'none') db.run('DELETE FROM split_member WHERE split_set_id = ? AND tracklet_id = ?', [splitSet, id]);
    else
      db.run(
        `INSERT INTO split_member (split_set_id, tracklet_id, side)
         SELECT s.id, t.id, ? FROM split_set s CROSS JOIN tracklet t WHERE s.id = ? AND t.id = ? AND ${IS_ITS_OWN}
         ON CONFLICT (split_set_id, tracklet_id) DO UPDATE SET side = excluded.side`,
        [side, splitSet, id],
      );
    db.run(`UPDATE tracklet SET split = ${SIDE_IN_USE} WHERE id = ? AND split <> ${SIDE_IN_USE}`, [id]);
  }
}

/** As steps of before sets had names say it: then each data set had one. */
export function setSidesInFirst(db: Writer, trackletIds: Iterable<number>, side: SplitName): void {
  for (const id of trackletIds) {
    const [set] = db.column<number | null>('SELECT min(s.id) FROM split_set s JOIN tracklet t ON t.dataset_id = s.dataset_id WHERE t.id = ?', [id]);
    if (set) setSides(db, set, [id], side);
  }
}

/** Sides of a new set of members, as the data sets they were found in have them now: the first of these that gives one a side. */
export function takeSides(db: Writer, splitSet: number, { datasetId, sources }: { datasetId: number; sources: readonly number[] }): void {
  for (const source of sources) {
    const { grid, side } = trackletsOf(db, source);
    db.run(
      `INSERT OR IGNORE INTO split_member (split_set_id, tracklet_id, side) SELECT ?, id, side FROM (
         SELECT t.id AS id, ${side} AS side FROM ${grid.from} WHERE ${grid.where}
           AND t.id IN (SELECT m.tracklet_id FROM dataset_member m WHERE m.dataset_id = ?)) WHERE side <> 'none'`,
      [splitSet, source, datasetId],
    );
  }
}

/** Nothing where the set is gone or belongs to another data set. */
export function useSplitSet(db: Writer, datasetId: number, splitSet: number): void {
  db.run('UPDATE dataset SET split_set_id = @set WHERE id = @id AND EXISTS (SELECT 1 FROM split_set WHERE id = @set AND dataset_id = @id)', {
    set: splitSet,
    id: datasetId,
  });
  db.run(`UPDATE tracklet SET split = ${SIDE_IN_USE} WHERE dataset_id = ? AND split <> ${SIDE_IN_USE}`, [datasetId]);
}

/**
 * Where another program wrote to the file: a data set without a set in use gets its first one, or one of what its tracklets say; then the
 * column follows from the members. Returns the tracklets whose column did not.
 */
export function refreshSides(db: Writer): number[] {
  for (const [datasetId, createdAt, stored] of db.tuples<[number, number, string | null]>(
    'SELECT id, created_at, recipe FROM dataset WHERE split_set_id IS NULL',
  )) {
    let set = firstSet(db, datasetId);
    const recipe = readRecipe(stored);
    if (set === undefined && recipe !== null) {
      set = addSplitSet(db, { datasetId, name: FIRST_SPLIT, origin: 'built', at: createdAt });
      takeSides(db, set, { datasetId, sources: recipe.imported });
    } else if (set === undefined) {
      set = addSplitSet(db, { datasetId, name: FIRST_SPLIT, origin: 'imported', at: createdAt });
      db.run(`INSERT INTO split_member (split_set_id, tracklet_id, side) SELECT ?, id, split FROM tracklet WHERE dataset_id = ? AND split <> 'none'`, [
        set,
        datasetId,
      ]);
    }
    db.run('UPDATE dataset SET split_set_id = ? WHERE id = ?', [set, datasetId]);
  }
  const stale = db.column<number>(`SELECT id FROM tracklet INDEXED BY tracklet_grid WHERE split <> ${SIDE_IN_USE}`);
  if (stale.length > 0) db.run(`UPDATE tracklet SET split = ${SIDE_IN_USE} WHERE id IN (SELECT value FROM json_each(?))`, [JSON.stringify(stale)]);
  return stale;
}
