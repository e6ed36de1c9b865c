/**
 * Which tracklets, people, cameras and media a data set has: the one place that knows. An imported one has those that name it; one that is made of
 * others has its members, wherever they were imported, on the sides of its own split set. Every reader takes its FROM and WHERE from here.
 * Tests: test/main/features/datasets/derivedReaders.test.ts (against plain loops), test/architecture.test.ts (nobody goes past it).
 */
import type { Reader } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { readRecipe } from './recipe.ts';

/** A tracklet is `t`. `where` has one parameter, the data set's id. */
interface Place {
  from: string;
  where: string;
}

export interface DatasetTracklets {
  /** Of whatever the grid's index holds, without a look at the rows themselves. */
  grid: Place;
  /** Of all columns. */
  rows: Place;
  /** Of all columns, in the order of `id`, for the next ones after one of a long list. */
  paged: Place & { id: string };
  /** Where a tracklet stands in the split set that the data set uses. */
  side: string;
  /** By key; where two sources have equal ones, by the order of the sources. */
  inOrder: string;
  /** Conditions on a row of that table, named by `alias`; each with one parameter, the data set's id. */
  camera(alias: string): string;
  identity(alias: string): string;
  media(alias: string): string;
  /** Imported data sets that its tracklets are of, in the order of its sources; itself where it was imported. */
  imported: number[];
}

const LIVE = `(SELECT id FROM dataset WHERE ${isLiveDataset('dataset')})`;
/** Also on connections that write, which see what was removed. */
const isMember = `dm.dataset_id IN ${LIVE} AND dm.dataset_id = ?`;
const MEMBERS = `(SELECT dm.tracklet_id FROM main.dataset_member dm WHERE ${isMember})`;

export function trackletsOf(db: Reader, datasetId: number): DatasetTracklets {
  const [row] = db.tuples<[string | null, number | null]>('SELECT recipe, split_set_id FROM main.dataset WHERE id = ?', [datasetId]);
  const recipe = readRecipe(row?.[0] ?? null);
  if (recipe === null) return importedTracklets(datasetId);
  const [first = 0, ...further] = recipe.imported;
  const ranks = further.map((id, index) => ` WHEN ${id} THEN ${index + 1}`).join('');
  const grid = { from: 'main.tracklet t INDEXED BY tracklet_grid', where: `t.dataset_id IN ${LIVE} AND t.id IN ${MEMBERS}` };
  // Members first, in the order of their ids: the planner would look through all tracklets.
  const rows = { from: `main.dataset_member dm CROSS JOIN main.tracklet t ON t.id = dm.tracklet_id`, where: `${isMember} AND t.dataset_id IN ${LIVE}` };
  const amongThose =
    (column: string, { from, where }: Place) =>
    (alias: string) =>
      `${alias}.id IN (SELECT t.${column} FROM ${from} WHERE ${where})`;
  return {
    grid,
    rows,
    paged: { ...rows, id: 'dm.tracklet_id' },
    side: sideIn(row?.[1] ?? null),
    inOrder: further.length === 0 ? 't.key' : `t.key, CASE t.dataset_id WHEN ${first} THEN 0${ranks} ELSE ${recipe.imported.length} END`,
    camera: amongThose('camera_id', grid),
    identity: amongThose('identity_id', grid),
    media: amongThose('media_id', rows),
    imported: recipe.imported,
  };
}

function importedTracklets(datasetId: number): DatasetTracklets {
  const isIts = (alias: string): string => `${alias}.dataset_id = ?`;
  return {
    grid: { from: 'main.tracklet t INDEXED BY tracklet_grid', where: 't.dataset_id = ?' },
    rows: { from: 'tracklet t', where: 't.dataset_id = ?' },
    // By the id alone (hence the `+`): by the data set every part would be picked out of all and sorted.
    paged: { from: 'tracklet t', where: '+t.dataset_id = ?', id: 't.id' },
    side: 't.split',
    inOrder: 't.key',
    camera: isIts,
    identity: isIts,
    media: isIts,
    imported: [datasetId],
  };
}

function sideIn(splitSet: number | null): string {
  if (splitSet === null) return `'none'`;
  return `ifnull((SELECT sm.side FROM main.split_member sm WHERE sm.split_set_id = ${splitSet} AND sm.tracklet_id = t.id), 'none')`;
}

/** Data sets made of others that are there, for conditions on tracklets of several data sets. */
export function derivedIds(db: Reader): Set<number> {
  return new Set(db.column<number>(`SELECT id FROM main.dataset WHERE recipe IS NOT NULL AND ${isLiveDataset('dataset')}`));
}

/** A condition on `t`: it is of one of these data sets. `derived`: those of them that are made of others. */
export function isOfDatasets(ids: readonly number[], derived: ReadonlySet<number>): { sql: string; params: string[] } {
  const imported = ids.filter((id) => !derived.has(id));
  const own = 't.dataset_id IN (SELECT value FROM json_each(?))';
  if (imported.length === ids.length) return { sql: own, params: [JSON.stringify(ids)] };
  return {
    sql: `(${own} OR t.id IN (SELECT dm.tracklet_id FROM main.dataset_member dm WHERE dm.dataset_id IN (SELECT value FROM json_each(?))))`,
    params: [JSON.stringify(imported), JSON.stringify(ids.filter((id) => derived.has(id)))],
  };
}
