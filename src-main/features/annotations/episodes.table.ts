/**
 * Table `episode`: stretches of a tracklet in which it is occluded, one record each over its lanes, in layers. Calls of the page are about the
 * shared layer. Test: test/main/features/episodes.test.ts.
 */
import type { Episode, EpisodeChanges } from '../../../src-shared/contract/annotations.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import type { Reader } from '../../db/handles.ts';
import type { PatchOperation } from '../history/operation.ts';
import { framesOf } from './derived.table.ts';
import type { EpisodeRow } from './operations/episode.table.ts';

export function episodesOf(db: Reader, input: { trackletId: number }): Episode[] {
  if (framesOf(db, input.trackletId) === undefined) throw new AppError('NOT_FOUND', `There is no tracklet ${input.trackletId}.`, input);
  return rowsOf(db, input.trackletId).map((row) => ({
    id: row.id,
    trackletId: row.tracklet_id,
    start: row.start,
    end: row.end,
    occludedBy: row.occluded_by,
    annotator: row.annotator,
    updatedAt: row.updated_at,
  }));
}

function rowsOf(db: Reader, trackletId: number): EpisodeRow[] {
  return db.all<EpisodeRow>('SELECT * FROM episode WHERE tracklet_id = ? AND layer = ? ORDER BY start', [trackletId, SHARED_LAYER]);
}

/** Rows that go and come when a step changes episodes. Nothing is written. */
export function changedEpisodes(
  db: Reader,
  { put, clear }: EpisodeChanges,
  { annotator, at }: { annotator: string; at: number },
): { cleared: EpisodeRow[]; put: EpisodeRow[] } {
  const lists = new Map<number, { frames: number; before: EpisodeRow[]; after: EpisodeRow[] }>();
  const listOf = (trackletId: number, key: string) => {
    let list = lists.get(trackletId);
    if (!list) {
      const frames = framesOf(db, trackletId);
      if (frames === undefined) throw bad(key, `there is no tracklet ${trackletId}`);
      const before = rowsOf(db, trackletId);
      lists.set(trackletId, (list = { frames, before, after: before }));
    }
    return list;
  };
  const without = (trackletId: number, id: number, key: string): void => {
    const list = listOf(trackletId, key);
    if (!list.after.some((row) => row.id === id)) throw bad(key, `tracklet ${trackletId} has no episode ${id}`);
    list.after = list.after.filter((row) => row.id !== id);
  };
  for (const [index, { trackletId, id }] of clear.entries()) without(trackletId, id, `episodes.clear.${index}`);
  let next = nextId(db);
  for (const [index, { id, trackletId, start, end, occludedBy }] of put.entries()) {
    const key = `episodes.put.${index}`;
    const list = listOf(trackletId, key);
    if (id !== undefined) without(trackletId, id, key);
    if (end < start) throw bad(key, `its end (${end}) lies before its start (${start})`);
    if (end >= list.frames) throw bad(key, `it ends at ${end}, but tracklet ${trackletId} has only ${list.frames} frames (positions 0 to ${list.frames - 1})`);
    if (occludedBy !== null) refuseOccluder(db, { trackletId, occludedBy }, key);
    const other = list.after.find((row) => row.start <= end && row.end >= start);
    if (other) throw bad(key, `frames ${start} to ${end} meet the episode from ${other.start} to ${other.end}`);
    list.after = [
      ...list.after,
      { id: id ?? next++, tracklet_id: trackletId, layer: SHARED_LAYER, start, end, occluded_by: occludedBy, annotator, updated_at: at },
    ];
  }
  const result: { cleared: EpisodeRow[]; put: EpisodeRow[] } = { cleared: [], put: [] };
  for (const { before, after } of lists.values()) {
    result.cleared.push(...before.filter((row) => !after.some((one) => isSame(one, row))));
    result.put.push(...after.filter((row) => !before.some((one) => isSame(one, row))));
  }
  return result;
}

/** No operations where nothing changes: a step need not know of episodes. */
export function exchangeEpisodes(gone: EpisodeRow[], come: EpisodeRow[]): PatchOperation[] {
  if (gone.length + come.length === 0) return [];
  return [
    { op: 'clearEpisodes', keys: gone.map(({ id, tracklet_id, layer }) => ({ id, tracklet_id, layer })) },
    { op: 'putEpisodes', rows: come },
  ];
}

/** Numbers are given once: a step that was undone keeps its own. */
function nextId(db: Reader): number {
  return (db.column<number>("SELECT seq FROM sqlite_sequence WHERE name = 'episode'")[0] ?? 0) + 1;
}

function refuseOccluder(db: Reader, { trackletId, occludedBy }: { trackletId: number; occludedBy: number }, key: string): void {
  if (occludedBy === trackletId) throw bad(key, `tracklet ${trackletId} cannot occlude itself`);
  const both = db.column<number>('SELECT dataset_id FROM tracklet WHERE id IN (?, ?)', [trackletId, occludedBy]);
  if (both.length !== 2 || both[0] !== both[1]) throw bad(key, `the data set of tracklet ${trackletId} has no tracklet ${occludedBy}`);
}

/** Who set it last, and when, is not what it says. */
function isSame(a: EpisodeRow, b: EpisodeRow): boolean {
  return a.id === b.id && a.start === b.start && a.end === b.end && a.occluded_by === b.occluded_by;
}

function bad(key: string, sentence: string): AppError {
  return new AppError('BAD_INPUT', `annotations.apply: "${key}": ${sentence}.`, { key });
}
