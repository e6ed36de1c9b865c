/** A RecordSink that keeps everything, as plain JSON values, and an importer run on it. */
import type {
  CameraRecord,
  IdentityRecord,
  ImporterDefinition,
  ImportSummary,
  ImportWarning,
  MediaProbe,
  MediaRecord,
  RecordSink,
  SplitRecord,
} from '../../datasets/importer.ts';
import type { FileTree } from '../../datasets/tree.ts';
import type { AnnotationRecord } from '../../datasets/importer.ts';
import { readWhole, type FileAccount } from '../../datasets/readWhole.ts';

export interface Recorded {
  cameras: CameraRecord[];
  identities: IdentityRecord[];
  media: MediaRecord[];
  tracklets: {
    key: string;
    pid: number;
    camid: number;
    split: string;
    mediaKey: string;
    frameIndex: number[];
    boxes: number[] | null;
    files: string[] | null;
    ignored: number[] | null;
    annotations: AnnotationRecord[];
  }[];
  splits: SplitRecord[];
  warnings: ImportWarning[];
  summary: ImportSummary | null;
  account: FileAccount | null;
}

export interface RunOptions {
  options?: Record<string, unknown>;
  signal?: AbortSignal;
  onRecord?: (count: number) => void;
  onProgress?: (done: number, total: number, message: string) => void;
  strict?: boolean;
}

export async function runImporter(importer: ImporterDefinition, tree: FileTree, media: MediaProbe, run: RunOptions = {}): Promise<Recorded> {
  const out: Recorded = { cameras: [], identities: [], media: [], tracklets: [], splits: [], warnings: [], summary: null, account: null };
  let count = 0;
  const note = (): Promise<void> => {
    run.onRecord?.(++count);
    return Promise.resolve();
  };
  const sink: RecordSink = {
    camera: (record) => (out.cameras.push(record), note()),
    identity: (record) => (out.identities.push(record), note()),
    media: (record) => (out.media.push(record), note()),
    tracklet(record) {
      out.tracklets.push({
        ...record,
        frameIndex: [...record.frameIndex],
        boxes: record.boxes === null ? null : [...record.boxes],
        ignored: record.ignored === null ? null : [...record.ignored],
      });
      return note();
    },
    split: (record) => (out.splits.push(record), note()),
    warning: (warning) => void out.warnings.push(warning),
    progress: (done, total, message) => run.onProgress?.(done, total, message),
  };
  const { summary, files } = await readWhole(importer, tree, importer.options.parse(run.options ?? {}), sink, {
    signal: run.signal ?? new AbortController().signal,
    media,
    strict: run.strict ?? false,
  });
  out.summary = summary;
  out.account = files;
  return out;
}
