/** What an export reads of a data set. Test: test/main/features/exports/exports.test.ts. */
import type { ExportItem, ExportLoss, ExportValue } from '../../../datasets/exporter.ts';
import type { CameraRecord, IdentityRecord, MediaRecord, SplitName } from '../../../datasets/importer.ts';
import type { Reader } from '../../db/handles.ts';
import { FIELDS } from '../annotations/fields.ts';
import { contentHash } from '../datasets/content.table.ts';
import { keyWithin, numbersOf } from '../datasets/numbers.table.ts';
import { trackletsOf } from '../datasets/tracklets.table.ts';
import { float32Of, int32Of } from '../tracklets/table.ts';

export interface ExportHead {
  name: string;
  licence: string | null;
  origin: string | null;
  /** Of the imported data sets that its pictures are of: where they lie, as their rows have it, and their names. */
  roots: { root: string; name: string }[];
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
  ranges: Uint8Array | null;
  videoHash: string | null;
  /** Where its files lie, as the row of its data set has it. */
  root: string;
}

export function head(db: Reader, input: { datasetId: number }): ExportHead | null {
  const { datasetId } = input;
  const found = db.get<Pick<ExportHead, 'name' | 'licence' | 'origin'>>(`SELECT name, licence, origin FROM dataset WHERE id = ? AND state = 'ready'`, [
    datasetId,
  ]);
  const content = contentHash(db, datasetId);
  if (!found || content === null) return null;
  const of = trackletsOf(db, datasetId);
  const [camids, pids] = [numbersOf(db, datasetId, 'camera'), numbersOf(db, datasetId, 'identity')];
  return {
    ...found,
    roots: of.imported.flatMap((id) => db.all<{ root: string; name: string }>('SELECT root, name FROM dataset WHERE id = ?', [id])),
    contentHash: content,
    tracklets: db.column<number>(`SELECT count(*) FROM ${of.grid.from} WHERE ${of.grid.where}`, [datasetId])[0] ?? 0,
    cameras: db
      .all<CameraRecord & { id: number }>(`SELECT c.id, c.camid, c.name FROM camera c WHERE ${of.camera('c')}`, [datasetId])
      .map(({ id, camid, name }) => ({ camid: camids?.get(id) ?? camid, name }))
      .sort((a, b) => a.camid - b.camid),
    identities: db
      .all<IdentityRecord & { id: number }>(`SELECT i.id, i.pid, i.name, i.kind FROM identity i WHERE ${of.identity('i')}`, [datasetId])
      .map(({ id, pid, ...rest }) => ({ pid: pids?.get(id) ?? pid, ...rest }))
      .sort((a, b) => a.pid - b.pid),
    beyond: beyond(db, datasetId),
  };
}

/** What was imported, also what was removed: it may be brought back. */
export function sources(db: Reader): { name: string; root: string }[] {
  return db.all('SELECT name, root FROM main.dataset WHERE recipe IS NULL ORDER BY id');
}

/** What the project keeps of a data set that no record of an export tells. */
function beyond(db: Reader, datasetId: number): ExportLoss[] {
  const sets = db.column<string>(
    'SELECT s.name FROM split_set s JOIN dataset d ON d.id = s.dataset_id WHERE s.dataset_id = ? AND s.id IS NOT d.split_set_id ORDER BY s.id',
    [datasetId],
  );
  const { rows } = trackletsOf(db, datasetId);
  const episodes = db.get<{ count: number; first: string | null }>(
    `SELECT count(*) AS count, min(t.key) AS first FROM ${rows.from} JOIN episode e ON e.tracklet_id = t.id WHERE ${rows.where}`,
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
  datasetId: number;
  key: string;
  identityId: number;
  pid: number;
  cameraId: number;
  camid: number;
  split: SplitName;
  frameIndex: Uint8Array;
  boxes: Uint8Array<ArrayBuffer> | null;
  files: string | null;
  ignored: Uint8Array | null;
  mediaKey: string;
  videoHash: string | null;
  pictures: Uint8Array | null;
  root: string;
  ranges: Uint8Array | null;
};

/** The next tracklets after `after`, in the order of their ids. People, cameras, tracklets and media of several sources have numbers and keys of their own here. */
export function items(db: Reader, input: { datasetId: number; after: number; most: number }): StoredItem[] {
  const { paged, side, imported } = trackletsOf(db, input.datasetId);
  const [camids, pids] = [numbersOf(db, input.datasetId, 'camera'), numbersOf(db, input.datasetId, 'identity')];
  const keyOf = (table: 'tracklet' | 'media', of: number, key: string): string => keyWithin(db, imported, table, { of, key });
  const rows = db.all<ItemRow>(
    `SELECT t.id, t.dataset_id AS datasetId, t.key, i.id AS identityId, i.pid, c.id AS cameraId, c.camid, ${side} AS split, t.frame_index AS frameIndex, t.boxes,
       t.files, t.ignored, m.key AS mediaKey, m.kind, m.path, m.width, m.height, m.frame_count AS frameCount, m.fps, m.content_hash AS videoHash, s.pictures, t.ranges,
       (SELECT root FROM main.dataset WHERE id = t.dataset_id) AS root
     FROM ${paged.from} JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN media m ON m.id = t.media_id
     LEFT JOIN tracklet_source s ON s.tracklet_id = t.id
     WHERE ${paged.where} AND ${paged.id} > ? ORDER BY ${paged.id} LIMIT ?`,
    [input.datasetId, input.after, input.most],
  );
  return rows.map(
    ({
      id,
      datasetId,
      key,
      identityId,
      pid,
      cameraId,
      camid,
      split,
      frameIndex,
      boxes,
      files,
      ignored,
      mediaKey,
      videoHash,
      pictures,
      ranges,
      root,
      ...media
    }) => ({
      id,
      pictures: pictures && new Uint8Array(pictures),
      ranges: ranges && new Uint8Array(ranges),
      videoHash,
      root,
      media: { ...media, key: keyOf('media', datasetId, mediaKey) },
      tracklet: {
        key: keyOf('tracklet', datasetId, key),
        pid: pids?.get(identityId) ?? pid,
        camid: camids?.get(cameraId) ?? camid,
        split,
        mediaKey: keyOf('media', datasetId, mediaKey),
        frameIndex: int32Of(frameIndex),
        boxes: boxes && float32Of(boxes),
        files: files === null ? null : (JSON.parse(files) as string[]),
        ignored: ignored && new Uint8Array(ignored),
        annotations: valuesOf(db, id),
      },
    }),
  );
}

function valuesOf(db: Reader, trackletId: number): ExportValue[] {
  return db
    .all<Omit<ExportValue, 'value' | 'called'> & { value: string }>(
      'SELECT field, start, "end", value, how, layer, annotator FROM annotation WHERE tracklet_id = ? ORDER BY layer, field, start',
      [trackletId],
    )
    .map((row) => ({ ...row, called: FIELDS.get(row.field)?.exportName ?? row.field, value: JSON.parse(row.value) as unknown }));
}
