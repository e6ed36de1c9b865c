/**
 * The two sides of a comparison: tracklets as the data set has them, and as the source that was read has them.
 * Test: test/main/features/imports/changesTable.test.ts.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Reader } from '../../db/handles.ts';
import { SIDE_IN_FIRST } from '../splits/members.table.ts';
import { hashesOf } from '../../pixels/pictureHash.ts';
import type { ContentColumns } from './contents.ts';
import type { FramesOf } from './frameMatch.ts';
import type { SpoolChunk } from './importProtocol.ts';
import { readPiece, type SpooledRecords, type SpooledTracklet } from './spool.ts';

export interface StoredTracklet extends FramesOf {
  id: number;
  key: string;
  digest: Uint8Array | null;
  /** In the first split set, of which the source says it. */
  split: string;
  /** As the source said; null when that was not recorded. */
  sourceSplit: string | null;
  /** Where in the archive its pictures lie; null in a folder. */
  ranges: Uint8Array | null;
}

interface StoredRow {
  id: number;
  key: string;
  split: string;
  frames: number;
  frame_index: Uint8Array;
  boxes: Uint8Array | null;
  files: string | null;
  ranges: Uint8Array | null;
  digest: Uint8Array | null;
  pictures: Uint8Array | null;
  source_split: string | null;
  media_key: string;
  video: string | null;
}

const STORED = `SELECT t.id, t.key, ${SIDE_IN_FIRST} AS split, t.frames, t.frame_index, t.boxes, t.files, t.ranges, s.digest, s.pictures, s.split AS source_split, m.key AS media_key, m.content_hash AS video
  FROM tracklet t JOIN media m ON m.id = t.media_id LEFT JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.dataset_id = ?`;

/** `videosBefore`: fingerprints by the key of their medium, where the table has those of now already. */
export function storedTracklet(db: Reader, datasetId: number, key: string, videosBefore?: ReadonlyMap<string, string | null>): StoredTracklet | null {
  const row = db.get<StoredRow>(`${STORED} AND t.key = ?`, [datasetId, key]);
  return row ? { ...stored(row), ...(videosBefore ? { video: videosBefore.get(row.media_key) ?? null } : {}) } : null;
}

export function storedById(db: Reader, datasetId: number, id: number): StoredTracklet | null {
  const row = db.get<StoredRow>(`${STORED} AND t.id = ?`, [datasetId, id]);
  return row ? stored(row) : null;
}

function stored(row: StoredRow): StoredTracklet {
  const { id, key, split, frames, boxes, ranges, digest, pictures, video } = row;
  const files = row.files === null ? null : (JSON.parse(row.files) as string[]);
  return { id, key, split, frames, boxes, ranges, digest, pictures, video, files, frameIndex: row.frame_index, sourceSplit: row.source_split };
}

export function framesNow(tracklet: SpooledTracklet, video: string | null): FramesOf {
  return { ...tracklet, files: tracklet.files === null ? null : (JSON.parse(tracklet.files) as string[]), video };
}

/** Enough to pass over what is the same, without reading its columns. */
export function storedDigest(db: Reader, datasetId: number, key: string): Pick<StoredTracklet, 'id' | 'digest'> | null {
  return (
    db.get<Pick<StoredTracklet, 'id' | 'digest'>>(
      'SELECT t.id, s.digest FROM tracklet t LEFT JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.dataset_id = ? AND t.key = ?',
      [datasetId, key],
    ) ?? null
  );
}

export function isSame(before: Pick<StoredTracklet, 'digest'>, now: SpooledTracklet): boolean {
  return before.digest !== null && Buffer.from(before.digest).equals(now.digest);
}

/** Of tracklets that are the same: their pictures lie where they lay. */
export function isInPlace(before: Pick<StoredTracklet, 'ranges'>, now: Pick<SpooledTracklet, 'ranges'>): boolean {
  return before.ranges === null || now.ranges === null ? before.ranges === now.ranges : Buffer.from(before.ranges).equals(now.ranges);
}

const AT_ONCE = 500;

/** All tracklets of a data set by what they show, some at a time; `where` is their id. */
export function* storedSides(db: Reader, datasetId: number): Generator<{ where: number; side: ContentColumns }> {
  for (let last = -1; ;) {
    const rows = db.tuples<[number, number, Uint8Array, Uint8Array | null, Uint8Array | null, string | null]>(
      `SELECT t.id, t.frames, t.frame_index, t.boxes, s.pictures, m.content_hash FROM tracklet t JOIN media m ON m.id = t.media_id
       LEFT JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.dataset_id = ? AND t.id > ? ORDER BY t.id LIMIT ?`,
      [datasetId, last, AT_ONCE],
    );
    for (const [where, frames, frameIndex, boxes, pictures, video] of rows)
      yield { where, side: { frames, frameIndex, boxes, pictures: hashesOf(pictures, frames), video } };
    const end = rows.at(-1)?.[0];
    if (end === undefined) return;
    last = end;
  }
}

/** Whether of every frame of the data set it is known what it shows: of those of before that was recorded it is not, until they are updated. */
export function isRecorded(db: Reader, datasetId: number): boolean {
  const unknown = db.column(
    `SELECT 1 FROM tracklet t JOIN media m ON m.id = t.media_id LEFT JOIN tracklet_source s ON s.tracklet_id = t.id
     WHERE t.dataset_id = ? AND m.content_hash IS NULL AND (s.pictures IS NULL OR length(s.pictures) <> t.frames * 8) LIMIT 1`,
    [datasetId],
  );
  return unknown.length === 0;
}

/** Pieces of the spool inside a transaction, one at a time. */
export function* piecesOf(file: string, chunks: readonly SpoolChunk[]): Generator<SpooledRecords> {
  const handle = openSync(file, 'r');
  try {
    for (const { offset, length } of chunks) {
      const bytes = new Uint8Array(length);
      for (let filled = 0; filled < length;) {
        const count = readSync(handle, bytes.subarray(filled), { position: offset + filled });
        if (count === 0) throw new Error(`the spool ${file} ends at ${offset + filled}`);
        filled += count;
      }
      yield readPiece(bytes);
    }
  } finally {
    closeSync(handle);
  }
}
