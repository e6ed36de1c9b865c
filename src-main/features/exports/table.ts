/** What an export reads of a data set. Test: test/main/features/exports/exports.test.ts. */
import type { ExportItem, ExportLoss, ExportValue } from '../../../datasets/exporter.ts';
import type { CameraRecord, IdentityRecord, MediaRecord, SplitName } from '../../../datasets/importer.ts';
import type { Reader } from '../../db/handles.ts';
import { FIELDS } from '../annotations/fields.ts';
import { float32Of, int32Of } from '../tracklets/table.ts';

export interface ExportHead {
  name: string;
  licence: string | null;
  origin: string | null;
  /** As its row has it. */
  root: string;
  contentHash: string;
  tracklets: number;
  cameras: CameraRecord[];
  identities: IdentityRecord[];
  beyond: ExportLoss[];
}

/** With what an import noted of the pixels, so that none are written which were replaced since. */
export interface StoredItem extends ExportItem {
  id: number;
  pictures: Uint8Array | null;
  videoHash: string | null;
}

export function head(db: Reader, input: { datasetId: number }): ExportHead | null {
  const found = db.get<Omit<ExportHead, 'cameras' | 'identities' | 'beyond'>>(
    `SELECT name, licence, origin, root, content_hash AS contentHash, (SELECT count(*) FROM tracklet WHERE dataset_id = dataset.id) AS tracklets
     FROM dataset WHERE id = ? AND state = 'ready'`,
    [input.datasetId],
  );
  if (!found) return null;
  return {
    ...found,
    cameras: db.all<CameraRecord>('SELECT camid, name FROM camera WHERE dataset_id = ? ORDER BY camid', [input.datasetId]),
    identities: db.all<IdentityRecord>('SELECT pid, name, kind FROM identity WHERE dataset_id = ? ORDER BY pid', [input.datasetId]),
    beyond: beyond(db, input.datasetId),
  };
}

/** What the project keeps of a data set that no record of an export tells. */
function beyond(db: Reader, datasetId: number): ExportLoss[] {
  const sets = db.column<string>(
    'SELECT s.name FROM split_set s JOIN dataset d ON d.id = s.dataset_id WHERE s.dataset_id = ? AND s.id IS NOT d.split_set_id ORDER BY s.id',
    [datasetId],
  );
  const episodes = db.get<{ count: number; first: string | null }>(
    'SELECT count(*) AS count, min(t.key) AS first FROM episode e JOIN tracklet t ON t.id = e.tracklet_id WHERE t.dataset_id = ?',
    [datasetId],
  );
  const losses: ExportLoss[] = [];
  if (sets.length > 0)
    losses.push({ aspect: 'splits', message: 'Split sets beside the one in use are not written.', where: sets.slice(0, 5).join(', '), count: sets.length });
  if (episodes && episodes.count > 0)
    losses.push({
      aspect: 'episodes',
      message: 'Episodes of occlusion are not written as such; their values are, where values are.',
      where: episodes.first ?? '',
      count: episodes.count,
    });
  return losses;
}

type ItemRow = Omit<MediaRecord, 'key'> & {
  id: number;
  key: string;
  pid: number;
  camid: number;
  split: SplitName;
  frameIndex: Uint8Array;
  boxes: Uint8Array<ArrayBuffer> | null;
  files: string | null;
  ignored: Uint8Array | null;
  mediaKey: string;
  videoHash: string | null;
  pictures: Uint8Array | null;
};

/** The next tracklets after `after`, in the order of their ids. By the id alone (hence the `+`), as `manifests` reads them. */
export function items(db: Reader, input: { datasetId: number; after: number; most: number }): StoredItem[] {
  const rows = db.all<ItemRow>(
    `SELECT t.id, t.key, i.pid, c.camid, t.split, t.frame_index AS frameIndex, t.boxes, t.files, t.ignored, m.key AS mediaKey, m.kind, m.path, m.width, m.height,
       m.frame_count AS frameCount, m.fps, m.content_hash AS videoHash, s.pictures
     FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN media m ON m.id = t.media_id
     LEFT JOIN tracklet_source s ON s.tracklet_id = t.id
     WHERE +t.dataset_id = ? AND t.id > ? ORDER BY t.id LIMIT ?`,
    [input.datasetId, input.after, input.most],
  );
  return rows.map(({ id, key, pid, camid, split, frameIndex, boxes, files, ignored, mediaKey, videoHash, pictures, ...media }) => ({
    id,
    pictures: pictures && new Uint8Array(pictures),
    videoHash,
    media: { ...media, key: mediaKey },
    tracklet: {
      key,
      pid,
      camid,
      split,
      mediaKey,
      frameIndex: int32Of(frameIndex),
      boxes: boxes && float32Of(boxes),
      files: files === null ? null : (JSON.parse(files) as string[]),
      ignored: ignored && new Uint8Array(ignored),
      annotations: valuesOf(db, id),
    },
  }));
}

function valuesOf(db: Reader, trackletId: number): ExportValue[] {
  return db
    .all<Omit<ExportValue, 'value' | 'called'> & { value: string }>(
      'SELECT field, start, "end", value, how, layer, annotator FROM annotation WHERE tracklet_id = ? ORDER BY layer, field, start',
      [trackletId],
    )
    .map((row) => ({ ...row, called: FIELDS.get(row.field)?.exportName ?? row.field, value: JSON.parse(row.value) as unknown }));
}
