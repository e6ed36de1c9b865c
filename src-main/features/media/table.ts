/** Table `media`: where pixels come from, and which boxes lie on a frame. Tests: test/main/features/tables.test.ts, test/main/media/pictures.test.ts. */
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader } from '../../db/handles.ts';
import { pictureStamp } from '../../pixels/picture.ts';
import type { FrameFile, MediaSource, TrackletPixels } from '../../media/source.ts';
import { hashAt, hashesOf } from '../../pixels/pictureHash.ts';
import { rangeAt, rangesOf } from '../../pixels/range.ts';
import { float32Of, int32Of } from '../tracklets/table.ts';

/** One tracklet tells whether the root is an archive: then all of them have ranges. */
const SOURCE = `SELECT m.id, m.dataset_id AS datasetId, d.root, m.path, m.kind, m.width, m.height, m.frame_count AS frameCount, m.content_hash AS videoHash, d.name AS datasetName, d.content_hash AS contentHash,
  (SELECT ranges IS NOT NULL FROM main.tracklet WHERE media_id = m.id ORDER BY id LIMIT 1) AS isArchive FROM media m JOIN dataset d ON d.id = m.dataset_id`;

type SourceRow = Omit<MediaSource, 'stamp' | 'isArchive'> & { contentHash: string; isArchive: number | null };

function stamped({ contentHash, isArchive, ...row }: SourceRow): MediaSource {
  return { ...row, isArchive: isArchive === 1, stamp: pictureStamp(contentHash) };
}

export function sources(db: Reader, input: { ids: number[] }): MediaSource[] {
  return input.ids.flatMap((id) => {
    const row = db.get<SourceRow>(`${SOURCE} WHERE m.id = ?`, [id]);
    return row ? stamped(row) : [];
  });
}

export function source(db: Reader, input: { id: number }): MediaSource {
  const found = sources(db, { ids: [input.id] })[0];
  if (!found) throw new AppError('NOT_FOUND', `There is no medium ${input.id}.`, { mediaId: input.id });
  return found;
}

/** What the caches of pictures may hold: also of data sets that are removed and can be brought back. */
export function cached(db: Reader, _input: null): { media: { id: number; videoHash: string | null }[]; stamps: string[] } {
  return {
    media: db.all('SELECT id, content_hash AS videoHash FROM main.media'),
    stamps: db.column<string>('SELECT DISTINCT content_hash FROM main.dataset').map(pictureStamp),
  };
}

/** Of a data set, as its media have it. */
export function stampOf(db: Reader, input: { datasetId: number }): string | null {
  return db.column<string>('SELECT content_hash FROM main.dataset WHERE id = ?', [input.datasetId]).map(pictureStamp)[0] ?? null;
}

export function trackletPixels(db: Reader, input: { id: number }): TrackletPixels {
  const row = db.get<{
    media_id: number;
    frames: number;
    frame_index: Uint8Array;
    boxes: Uint8Array<ArrayBuffer> | null;
    files: string | null;
    ranges: Uint8Array | null;
    pictures: Uint8Array | null;
  }>(
    'SELECT media_id, frames, frame_index, boxes, files, ranges, s.pictures FROM tracklet t LEFT JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.id = ?',
    [input.id],
  );
  if (!row) throw new AppError('NOT_FOUND', `There is no tracklet ${input.id}.`, { trackletId: input.id });
  return {
    id: input.id,
    media: source(db, { id: row.media_id }),
    frames: row.frames,
    frameIndex: int32Of(row.frame_index),
    boxes: row.boxes && float32Of(row.boxes),
    files: row.files === null ? null : (JSON.parse(row.files) as string[]),
    ranges: rangesOf(row.ranges, row.frames),
    hashes: hashesOf(row.pictures, row.frames),
  };
}

/** The picture of frame `index` of a medium made of files, as some tracklet names it. */
export function frameFile(db: Reader, input: { mediaId: number; index: number }): FrameFile | null {
  for (const [trackletId, frames, frameIndex, files, ranges, pictures] of db.tuples<[number, number, Uint8Array, string, Uint8Array | null, Uint8Array | null]>(
    `SELECT t.id, t.frames, t.frame_index, t.files, t.ranges, s.pictures FROM tracklet t LEFT JOIN tracklet_source s ON s.tracklet_id = t.id
     WHERE t.media_id = ? AND t.files IS NOT NULL ORDER BY t.id`,
    [input.mediaId],
  )) {
    const position = int32Of(frameIndex).indexOf(input.index);
    const file = position < 0 ? undefined : (JSON.parse(files) as string[])[position];
    const places = rangesOf(ranges, frames);
    if (file !== undefined)
      return { file, range: places && rangeAt(places, position), hash: hashAt(hashesOf(pictures, frames), position), trackletId, position };
  }
  return null;
}

export interface BoxColumns {
  frame: Int32Array<ArrayBuffer>;
  trackletId: Int32Array<ArrayBuffer>;
  /** [x, y, w, h] each. */
  box: Float32Array<ArrayBuffer>;
  /** Identity as shown, by tracklet id. */
  names: Record<string, string>;
}

/** Boxes on frames from..to inclusive, by frame, then tracklet. */
export function boxes(db: Reader, input: { mediaId: number; from: number; to: number }): BoxColumns {
  source(db, { id: input.mediaId });
  const found: { frame: number; id: number; box: Float32Array }[] = [];
  const names: Record<string, string> = {};
  for (const [id, frameBlob, boxBlob, name] of db.tuples<[number, Uint8Array, Uint8Array, string]>(
    'SELECT t.id, t.frame_index, t.boxes, i.name FROM tracklet t JOIN identity i ON i.id = t.identity_id WHERE t.media_id = ? AND t.boxes IS NOT NULL ORDER BY t.id',
    [input.mediaId],
  )) {
    const frames = int32Of(frameBlob);
    if ((frames[0] ?? 0) > input.to || (frames.at(-1) ?? 0) < input.from) continue;
    const all = float32Of(boxBlob);
    frames.forEach((frame, position) => {
      if (frame < input.from || frame > input.to) return;
      found.push({ frame, id, box: all.subarray(position * 4, position * 4 + 4) });
      names[id] = name;
    });
  }
  found.sort((a, b) => a.frame - b.frame || a.id - b.id);
  const box = new Float32Array(found.length * 4);
  found.forEach((entry, index) => box.set(entry.box, index * 4));
  return { frame: Int32Array.from(found, (entry) => entry.frame), trackletId: Int32Array.from(found, (entry) => entry.id), box, names };
}
