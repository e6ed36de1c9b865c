/** What a manifest lists of a data set. Test: test/main/features/manifests.test.ts. */
import type { IdentityKind, SplitName } from '../../../src-shared/contract/datasets.ts';
import type { ClipRow, ManifestHead } from '../../compute/manifest.ts';
import type { Reader } from '../../db/handles.ts';
import { float32Of, int32Of } from '../tracklets/table.ts';

export function head(db: Reader, input: { datasetId: number }): ManifestHead | null {
  return db.get<ManifestHead>('SELECT id, name, content_hash AS contentHash, root FROM dataset WHERE id = ?', [input.datasetId]) ?? null;
}

type ClipTuple = [
  id: number,
  identityId: number,
  kind: IdentityKind,
  camid: number,
  split: SplitName,
  frames: number,
  frameIndex: Uint8Array,
  boxes: Uint8Array | null,
  files: string | null,
  mediaId: number,
  videoHash: string | null,
  pictures: Uint8Array | null,
];

/**
 * Tracklets of a data set in id order, of some splits only when asked; of a long list the next ones after `after`: by the id alone (hence the `+`), since by
 * the data set every part would be picked out of all and sorted.
 */
export function clips(db: Reader, input: { datasetId: number; splits?: SplitName[]; after?: number; most?: number }): ClipRow[] {
  const wanted = input.splits ?? ['train', 'query', 'gallery', 'none'];
  return db
    .tuples<ClipTuple>(
      `SELECT t.id, t.identity_id, i.kind, c.camid, t.split, t.frames, t.frame_index, t.boxes, t.files, m.id, m.content_hash, s.pictures
       FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN media m ON m.id = t.media_id
       LEFT JOIN tracklet_source s ON s.tracklet_id = t.id
       WHERE +t.dataset_id = ? AND t.split IN (${wanted.map(() => '?').join(', ')}) AND t.id > ? ORDER BY t.id LIMIT ?`,
      [input.datasetId, ...wanted, input.after ?? 0, input.most ?? -1],
    )
    .map(([id, identityId, kind, camid, split, frames, frameIndex, boxes, files, mediaId, videoHash, pictures]) => ({
      id,
      identityId,
      kind,
      camid,
      split,
      frames,
      frameIndex: int32Of(frameIndex),
      boxes: boxes && float32Of(boxes),
      files: files === null ? null : (JSON.parse(files) as string[]),
      mediaId,
      videoHash,
      pictures: pictures && new Uint8Array(pictures),
    }));
}
