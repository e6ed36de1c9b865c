/** Records of made-up sources whose pictures are known by a number each, as an import child would leave them. */
import type { IdentityKind, SplitName } from '../../datasets/importer.ts';
import type { SpoolChunk } from '../../src-main/features/imports/importProtocol.ts';
import { createSpool, spooledTracklet, type SpooledRecords } from '../../src-main/features/imports/spool.ts';
import type { SourceSplit } from '../../src-main/features/splits/fromSource.table.ts';
import { packRanges } from '../../src-main/pixels/range.ts';
import type { StagedTracklet } from '../../src-main/features/imports/table.ts';

export interface Made {
  key: string;
  pid?: number;
  camid?: number;
  split?: SplitName;
  /** Pictures by their content; their names are their places, from `first` on. */
  contents: number[];
  first?: number;
  boxes?: number[];
  /** Fingerprint of the video that it lies in, instead of pictures. */
  video?: string;
  ignored?: number[];
  /** Where in an archive each picture begins. */
  starts?: number[];
  values?: [field: string, start: number, end: number, value: unknown][];
}

export function recordsOf(made: readonly Made[], kinds: Record<number, IdentityKind> = {}, splits: readonly SourceSplit[] = []): SpooledRecords {
  const pids = [...new Set(made.map(({ pid = 1 }) => pid))];
  return {
    identities: pids.map((pid) => ({ pid, name: `p${pid}`, kind: kinds[pid] ?? 'person' })),
    media: made.map(({ key, contents, video }) => ({
      key,
      kind: video === undefined ? 'crops' : 'video',
      path: `at/${key}`,
      width: 10,
      height: 20,
      frameCount: contents.length,
      fps: null,
      contentHash: video ?? null,
    })),
    tracklets: made.map(({ key, pid = 1, camid = 1, split = 'none', contents, first = 1, boxes, video, ignored, starts, values = [] }) => {
      const staged: StagedTracklet = {
        key,
        pid,
        camid,
        split,
        mediaKey: key,
        // Of a video the contents are the numbers of its frames.
        frameIndex: Int32Array.from(contents, (content, place) => (video === undefined ? place : content)),
        boxes: boxes ? Float32Array.from(boxes) : null,
        files: video === undefined ? contents.map((_, place) => `${key}/${first + place}`) : null,
        ignored: ignored ? Uint8Array.from(ignored) : null,
        annotations: values.map(([field, start, end, value]) => ({ field, start, end, value: JSON.stringify(value) })),
      };
      const pictures = video === undefined ? Uint8Array.from(contents.flatMap((content) => [content, 0, 0, 0, 0, 0, 0, 0])) : null;
      const ranges = starts ? packRanges(starts.map((start) => ({ start, packed: 9, size: 9, coding: 'stored' }))) : null;
      return spooledTracklet(staged, { pictures, ranges, video: video ?? null });
    }),
    splits: [...splits],
  };
}

/** Written into `file`. */
export function spoolOf(
  file: string,
  made: readonly Made[],
  kinds: Record<number, IdentityKind> = {},
  splits: readonly SourceSplit[] = [],
): { spool: string; chunks: SpoolChunk[] } {
  const spool = createSpool(file);
  const { identities, media, tracklets } = recordsOf(made, kinds, splits);
  for (const record of media) spool.media(record);
  for (const record of tracklets) spool.tracklet(record);
  for (const record of splits) spool.split(record);
  const chunks = spool.finish(identities);
  spool.close();
  return { spool: file, chunks };
}
