/**
 * The interface of an importer. One file in `datasets/importers/` default-exports `defineImporter({...})`.
 * Importers read through a `FileTree` and write to a `RecordSink`; they never touch Node, the database or tensors,
 * so tests use an in-memory tree. Tested for every entry by `test/contracts/importers.contract.test.ts`.
 */
import type { z } from 'zod';

/** Read-only view of a folder. Paths are relative with `/`; the root itself is ''. */
export interface FileTree {
  /** Name shown to the user, for messages. */
  readonly label: string;
  /** Entries of a folder sorted by code unit, dot-files left out. Throws FILE_UNREADABLE. */
  list(folder: string): Promise<FileEntry[]>;
  exists(path: string): Promise<boolean>;
  text(path: string): Promise<string>;
  bytes(path: string): Promise<Uint8Array>;
  size(path: string): Promise<number>;
}

export interface FileEntry {
  name: string;
  path: string;
  kind: 'file' | 'folder';
}

/** What the importer asks of the host about pictures and video, since only `media/` may decode. */
export interface MediaProbe {
  /** Throws MEDIA_UNDECODABLE naming the file. */
  image(path: string): Promise<{ width: number; height: number }>;
  /** Exact number of decodable frames. Throws MEDIA_UNDECODABLE naming the file and the last good frame. */
  video(path: string): Promise<{ width: number; height: number; frames: number; fps: number }>;
}

export type IdentityKind = 'person' | 'distractor' | 'junk';
export type SplitName = 'train' | 'query' | 'gallery' | 'none';

export interface CameraRecord {
  /** Unique in the data set. */
  camid: number;
  name: string;
}

export interface IdentityRecord {
  pid: number;
  name: string;
  kind: IdentityKind;
}

/** A source of pixels: one video, or one folder of full frames or of crops. Paths relative to the root of the tree. */
export interface MediaRecord {
  /** Unique in the data set; used by tracklets. */
  key: string;
  kind: 'video' | 'frames' | 'crops';
  path: string;
  width: number;
  height: number;
  frameCount: number;
  fps: number | null;
}

/** One person in one camera visit. Columns have one entry a frame, in time order. */
export interface TrackletRecord {
  key: string;
  pid: number;
  camid: number;
  split: SplitName;
  mediaKey: string;
  /** 0-based index in the media: for video and frames the frame number, for crops 0..n-1. */
  frameIndex: Int32Array;
  /** Box in pixels of the full frame, [x, y, w, h] a frame, 0-based, fractions allowed, as in the source (not clipped); null for crops. */
  boxes: Float32Array | null;
  /** Path of each picture relative to the root; null when the media is a video. */
  files: string[] | null;
  /** Per frame 1 = the source marks it "ignore" (MOT flag 0); kept and shown. */
  ignored: Uint8Array | null;
  /** Values that came with the source, origin `imported`. Ranges are inclusive positions in the tracklet, not media frames. */
  annotations: AnnotationRecord[];
}

export interface AnnotationRecord {
  field: string;
  start: number;
  end: number;
  value: unknown;
}

/** Where the importer's records go. Cameras, identities and media come before the tracklets that name them. */
export interface RecordSink {
  camera(record: CameraRecord): Promise<void>;
  identity(record: IdentityRecord): Promise<void>;
  media(record: MediaRecord): Promise<void>;
  tracklet(record: TrackletRecord): Promise<void>;
  /** Something the user should know; the import goes on. `where` names file and line or key. */
  warning(warning: ImportWarning): void;
  progress(done: number, total: number, message: string): void;
}

export interface ImportWarning {
  code: string;
  message: string;
  where: string;
  /** How often it happened, when collected. */
  count: number;
}

export interface Probe {
  /** 0..1; the highest wins. */
  confidence: number;
  /** One sentence on what was found, such as "MOT15 tracks, 19 ids, 795 frames". */
  summary: string;
}

export interface ImportSummary {
  name: string;
  licence: string | null;
  origin: string | null;
}

export interface ImporterDefinition<Options extends z.ZodObject = z.ZodObject> {
  id: string;
  title: string;
  /** The layout it reads, a few lines of plain text for the import dialog and the documentation. */
  layout: string;
  options: Options;
  /** null = "not mine"; must be quick and never chosen by extension alone. */
  probe(tree: FileTree, media: MediaProbe): Promise<Probe | null>;
  /** Emits every record. Throws AppError naming file and line; checks `signal` between records. */
  read(tree: FileTree, options: z.output<Options>, sink: RecordSink, context: { signal: AbortSignal; media: MediaProbe }): Promise<ImportSummary>;
}

export function defineImporter<Options extends z.ZodObject>(definition: ImporterDefinition<Options>): ImporterDefinition<Options> {
  return definition;
}
