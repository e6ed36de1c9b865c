/**
 * What changed in the source of a data set since it was imported, tracklet by tracklet.
 * Tests: test/main/features/imports/changesTable.test.ts, test/main/features/imports/changed.test.ts.
 */
import type { Reader } from '../../db/handles.ts';
import { matchFrames } from './frameMatch.ts';
import { framesNow, isInPlace, isSame, storedTracklet } from './sides.table.ts';
import { readPiece } from './spool.ts';

export interface KnownSource {
  id: number;
  name: string;
  /** JSON, as it was complete then. */
  options: string;
  root: string;
}

/** Data sets that an importer made of folders, newest first. */
export function ofImporter(db: Reader, input: { importer: string }): KnownSource[] {
  return db.all('SELECT id, name, options, root FROM dataset WHERE importer = ? ORDER BY id DESC', [input.importer]);
}

/** Of some tracklets; added up over the pieces. */
export interface PieceChange {
  /** Tracklets of the data set that the piece has too. */
  ids: Int32Array;
  added: number;
  changed: number;
  /** Of tracklets that are on both sides, all of added ones. */
  pictures: { changed: number; added: number; removed: number };
  /** Tracklets whose pictures were not recorded when they were imported. */
  unrecorded: number;
  /** Tracklets of which no picture is left under their key: it may stand under another. Counted nowhere else, and not among `ids`. */
  strangers: { id: number; key: string; frames: number; pictures: { changed: number; added: number; removed: number } }[];
}

export function comparePiece(db: Reader, input: { datasetId: number; piece: Uint8Array; videos: Record<string, string> }): PieceChange {
  const { tracklets } = readPiece(input.piece);
  const ids: number[] = [];
  const change: Omit<PieceChange, 'ids'> = { added: 0, changed: 0, pictures: { changed: 0, added: 0, removed: 0 }, unrecorded: 0, strangers: [] };
  for (const tracklet of tracklets) {
    const before = storedTracklet(db, input.datasetId, tracklet.key);
    if (!before) {
      change.added++;
      change.pictures.added += tracklet.frames;
      continue;
    }
    if (isSame(before, tracklet)) {
      ids.push(before.id);
      continue;
    }
    const match = matchFrames(before, framesNow(tracklet, input.videos[tracklet.mediaKey] ?? null));
    if (before.digest !== null && match.lost.length === before.frames) {
      const { changed, added, removed } = match;
      change.strangers.push({ id: before.id, key: before.key, frames: tracklet.frames, pictures: { changed, added, removed } });
      continue;
    }
    ids.push(before.id);
    const isWhole = match.lost.length === 0 && match.added === 0;
    if (before.digest === null) {
      change.unrecorded++;
      if (isWhole) continue;
    }
    change.changed++;
    change.pictures.changed += match.changed;
    change.pictures.added += match.added;
    change.pictures.removed += match.removed;
  }
  return { ids: Int32Array.from(ids), ...change };
}

/** Whether the pictures of a piece lie where those of the data set do. */
export function areInPlace(db: Reader, input: { datasetId: number; piece: Uint8Array }): boolean {
  return readPiece(input.piece).tracklets.every((tracklet) => {
    const before = storedTracklet(db, input.datasetId, tracklet.key);
    return before === null || isInPlace(before, tracklet);
  });
}

/** Tracklets of the data set that are not among `ids`. */
export function unmatched(db: Reader, input: { datasetId: number; ids: Int32Array }): { ids: Int32Array; frames: Int32Array } {
  const matched = new Set(input.ids);
  const gone = db.tuples<[number, number]>('SELECT id, frames FROM tracklet WHERE dataset_id = ?', [input.datasetId]).filter(([id]) => !matched.has(id));
  return { ids: Int32Array.from(gone, ([id]) => id), frames: Int32Array.from(gone, ([, frames]) => frames) };
}
