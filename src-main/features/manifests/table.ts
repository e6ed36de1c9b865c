/** What a manifest lists of a data set. Test: test/main/features/manifests.test.ts. */
import type { IdentityKind, SplitName } from '../../../src-shared/contract/datasets.ts';
import type { ClipRow, ManifestHead } from '../../compute/manifest.ts';
import type { Reader } from '../../db/handles.ts';
import { contentHash } from '../datasets/content.table.ts';
import { numbersOf } from '../datasets/numbers.table.ts';
import { trackletsOf } from '../datasets/tracklets.table.ts';
import { float32Of, int32Of } from '../tracklets/table.ts';

export function head(db: Reader, input: { datasetId: number }): ManifestHead | null {
  const found = db.get<Omit<ManifestHead, 'contentHash'>>('SELECT id, name FROM dataset WHERE id = ?', [input.datasetId]);
  const content = contentHash(db, input.datasetId);
  return found && content !== null ? { ...found, contentHash: content } : null;
}

type ClipTuple = [
  id: number,
  identityId: number,
  kind: IdentityKind,
  cameraId: number,
  camid: number,
  split: SplitName,
  frames: number,
  frameIndex: Uint8Array,
  boxes: Uint8Array | null,
  files: string | null,
  root: string,
  mediaId: number,
  videoHash: string | null,
  pictures: Uint8Array | null,
  ranges: Uint8Array | null,
];

/** Tracklets of a data set in id order, of some splits only when asked; of a long list the next ones after `after`. */
export function clips(db: Reader, input: { datasetId: number; splits?: SplitName[]; after?: number; most?: number }): ClipRow[] {
  const wanted = input.splits ?? ['train', 'query', 'gallery', 'none'];
  const { paged, side } = trackletsOf(db, input.datasetId);
  const camids = numbersOf(db, input.datasetId, 'camera');
  return db
    .tuples<ClipTuple>(
      `SELECT t.id, t.identity_id, i.kind, c.id, c.camid, ${side}, t.frames, t.frame_index, t.boxes, t.files,
         (SELECT root FROM main.dataset WHERE id = t.dataset_id), m.id, m.content_hash, s.pictures, t.ranges
       FROM ${paged.from} JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN media m ON m.id = t.media_id
       LEFT JOIN tracklet_source s ON s.tracklet_id = t.id
       WHERE ${paged.where} AND ${side} IN (${wanted.map(() => '?').join(', ')}) AND ${paged.id} > ? ORDER BY ${paged.id} LIMIT ?`,
      [input.datasetId, ...wanted, input.after ?? 0, input.most ?? -1],
    )
    .map(([id, identityId, kind, cameraId, camid, split, frames, frameIndex, boxes, files, root, mediaId, videoHash, pictures, ranges]) => ({
      id,
      identityId,
      kind,
      camid: camids?.get(cameraId) ?? camid,
      split,
      frames,
      frameIndex: int32Of(frameIndex),
      boxes: boxes && float32Of(boxes),
      files: files === null ? null : (JSON.parse(files) as string[]),
      root,
      mediaId,
      videoHash,
      pictures: pictures && new Uint8Array(pictures),
      ranges: ranges && new Uint8Array(ranges),
    }));
}
