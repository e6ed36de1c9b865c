/** Stores one imported data set, all or nothing: it is one write call and so one transaction. Test: test/main/features/imports.test.ts. */
import type { CameraRecord, IdentityRecord, ImportWarning, MediaRecord, TrackletRecord } from '../../../datasets/importer.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { deriveColumns, type DerivedSource } from '../annotations/derived.table.ts';
import { freeName } from '../history/removal.table.ts';

export interface StagedTracklet extends Omit<TrackletRecord, 'annotations'> {
  /** Values in normal form, as JSON text. */
  annotations: { field: string; start: number; end: number; value: string }[];
}

export interface StagedDataset {
  name: string;
  importer: string;
  options: Record<string, unknown>;
  root: string;
  origin: string | null;
  licence: string | null;
  contentHash: string;
  warnings: ImportWarning[];
  cameras: CameraRecord[];
  identities: IdentityRecord[];
  /** `contentHash` of a video file, to know it again after a move; none for pictures. */
  media: (MediaRecord & { contentHash?: string | null })[];
  tracklets: StagedTracklet[];
  /** Who the imported values are attributed to. */
  annotator: string;
  at: number;
}

export interface StoredImport {
  datasetId: number;
  name: string;
  /** Ids of the media by key. */
  mediaIds: Record<string, number>;
}

export function byContent(db: Reader, input: { contentHash: string }): { id: number; name: string } | null {
  return db.get<{ id: number; name: string }>('SELECT id, name FROM dataset WHERE content_hash = ? ORDER BY id LIMIT 1', [input.contentHash]) ?? null;
}

const KIND_ORDER = { person: 0, distractor: 1, junk: 2 } as const;

export function store(db: Writer, input: StagedDataset): StoredImport {
  // A second import under other options must not be refused for its name.
  const name = freeName(db, 'dataset', input.name);
  const datasetId = db.run(
    `INSERT INTO dataset (name, importer, options, root, origin, licence, state, content_hash, warnings, created_at) VALUES (?, ?, ?, ?, ?, ?, 'ready', ?, ?, ?)`,
    [name, input.importer, JSON.stringify(input.options), input.root, input.origin, input.licence, input.contentHash, JSON.stringify(input.warnings), input.at],
  ).id;
  // Rows in the order of their numbers, so that ordering by id is ordering by number: the grid's default order needs no sort.
  const cameraIds = new Map<number, number>();
  for (const camera of input.cameras.toSorted((a, b) => a.camid - b.camid)) {
    cameraIds.set(camera.camid, db.run('INSERT INTO camera (dataset_id, camid, name) VALUES (?, ?, ?)', [datasetId, camera.camid, camera.name]).id);
  }
  const identityIds = new Map<number, number>();
  for (const identity of input.identities.toSorted((a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || a.pid - b.pid)) {
    identityIds.set(
      identity.pid,
      db.run('INSERT INTO identity (dataset_id, pid, name, kind) VALUES (?, ?, ?, ?)', [datasetId, identity.pid, identity.name, identity.kind]).id,
    );
  }
  const mediaIds = new Map<string, number>();
  for (const media of input.media) {
    mediaIds.set(
      media.key,
      db.run('INSERT INTO media (dataset_id, key, kind, path, width, height, frame_count, fps, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        datasetId,
        media.key,
        media.kind,
        media.path,
        media.width,
        media.height,
        media.frameCount,
        media.fps,
        media.contentHash ?? null,
      ]).id,
    );
  }
  for (const tracklet of input.tracklets) {
    storeTracklet(db, tracklet, {
      datasetId,
      identityId: identityIds.get(tracklet.pid) ?? 0,
      cameraId: cameraIds.get(tracklet.camid) ?? 0,
      mediaId: mediaIds.get(tracklet.mediaKey) ?? 0,
      annotator: input.annotator,
      at: input.at,
    });
  }
  return { datasetId, name, mediaIds: Object.fromEntries(mediaIds) };
}

function storeTracklet(
  db: Writer,
  tracklet: StagedTracklet,
  ids: { datasetId: number; identityId: number; cameraId: number; mediaId: number; annotator: string; at: number },
): void {
  const frames = tracklet.frameIndex.length;
  const values = tracklet.annotations.map(({ field, start, end, value }): DerivedSource => [field, start, end, value, 'imported']);
  const derived = deriveColumns(frames, values);
  const id = db.run(
    `INSERT INTO tracklet (dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, boxes, files, ignored, visibility, with_value, hidden_frames, hidden_max, occluders, review, note)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ids.datasetId,
      tracklet.key,
      ids.identityId,
      ids.cameraId,
      ids.mediaId,
      tracklet.split,
      frames,
      bytesOf(tracklet.frameIndex),
      tracklet.boxes && bytesOf(tracklet.boxes),
      tracklet.files && JSON.stringify(tracklet.files),
      tracklet.ignored?.some((flag) => flag !== 0) ? bytesOf(tracklet.ignored) : null,
      derived.visibility && bytesOf(derived.visibility),
      derived.withValue,
      derived.hiddenFrames,
      derived.hiddenMax,
      derived.occluders,
      derived.review,
      derived.note,
    ],
  ).id;
  for (const { field, start, end, value } of tracklet.annotations) {
    db.run(`INSERT INTO annotation (tracklet_id, field, start, "end", value, origin, annotator, updated_at) VALUES (?, ?, ?, ?, ?, 'imported', ?, ?)`, [
      id,
      field,
      start,
      end,
      value,
      ids.annotator,
      ids.at,
    ]);
  }
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
