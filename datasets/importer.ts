/**
 * The interface of an importer. One file in `datasets/importers/` default-exports `defineImporter({...})`.
 * Importers read through a `FileTree` and write to a `RecordSink`; they never touch Node, the database or tensors,
 * so tests use an in-memory tree. `readWhole.ts` runs them. Tested for every entry by `test/contracts/importers.contract.test.ts`.
 */
import type { z } from 'zod';
import { AppError } from '../src-shared/errors.ts';
import type { FileTree } from './tree.ts';

export interface VideoProbe {
  width: number;
  height: number;
  /** Those that can be decoded. */
  frames: number;
  /** 0 when the file does not say. */
  fps: number;
  /** Frames that the header counts, where that is another number. */
  headerFrames?: number | null;
  /** Something in it could not be decoded: frames may be patched up or missing. */
  isDamaged?: boolean;
}

/** What the importer asks of the host about pictures and video, since only `media/` may decode. */
export interface MediaProbe {
  /** Size as shown, after turning by the EXIF orientation; may read the header alone. Throws MEDIA_UNDECODABLE naming the file. */
  image(path: string): Promise<{ width: number; height: number }>;
  /** As `image`, and decodes the whole picture: a header does not tell that the rest is cut off. May be asked for many at once; few are decoded at a time. */
  check(path: string): Promise<{ width: number; height: number }>;
  /** Exact number of decodable frames. Throws MEDIA_UNDECODABLE naming the file and the last good frame. */
  video(path: string): Promise<VideoProbe>;
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
  /** In the first split set, which every data set has. */
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

/** Name of the split set that tracklets stand in by themselves. */
export const FIRST_SPLIT = 'main';

/**
 * A further split set, such as the second of ten random halves. One that is large may be given in parts, under one name; a tracklet that no part
 * names is on no side of it.
 */
export interface SplitRecord {
  /** Unique in the data set, and not `FIRST_SPLIT`. */
  name: string;
  members: { key: string; side: Exclude<SplitName, 'none'> }[];
}

/** Where the importer's records go. Cameras, identities and media come before the tracklets that name them, split sets after those they name. */
export interface RecordSink {
  camera(record: CameraRecord): Promise<void>;
  identity(record: IdentityRecord): Promise<void>;
  media(record: MediaRecord): Promise<void>;
  tracklet(record: TrackletRecord): Promise<void>;
  split(record: SplitRecord): Promise<void>;
  /** For whoever runs an importer (`readWhole`), which collects them; importers call `warn` and `leaveOut` of their context. */
  warning(warning: ImportWarning): void;
  progress(done: number, total: number, message: string): void;
}

export interface ImportWarning {
  code: string;
  message: string;
  /** The first places, such as files, lines or keys. */
  where: string;
  /** How often it happened. */
  count: number;
}

/** What is not imported. */
export interface LeftOut {
  /** Files that are left out by it; each is named and counted. */
  files?: readonly string[];
  /** Where rows or other parts of a file stand, when it is not about whole files. */
  where?: string;
  /** How many, when it is not about whole files. */
  count?: number;
  /** An option or the layout asks for it, so nothing is lost that the user wanted: `strict` does not refuse it. */
  expected?: boolean;
}

export interface ImportContext {
  signal: AbortSignal;
  media: MediaProbe;
  /** Something the user should know; nothing is lost by it. Collected by code and message. */
  warn(code: string, where: string, message: string, count?: number): void;
  /** Something is not imported; the import goes on without it. `message` says what and why, in the plural. */
  leaveOut(code: string, message: string, what: LeftOut): void;
}

/** Something that the source does not say plainly and that was read in one way among several. Shown before an import, with the option that changes it. */
export interface Guess {
  option: string;
  /** The value of the option that says the same. */
  value: string | number | boolean;
  /** One sentence: what is read, and why. */
  why: string;
  /** A few files and what they are read as. */
  examples: { file: string; reads: string }[];
}

export interface Probe {
  /** 0..1; the highest wins. */
  confidence: number;
  /** One sentence on what was found, such as "MOT15 tracks, 19 ids, 795 frames". */
  summary: string;
  guesses?: Guess[];
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The import was cancelled.');
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
  /**
   * Emits every record; checks `signal` between records. What is bad is left out by `context.leaveOut`; throws AppError, naming file and line,
   * only when nothing sensible is left or no reading is safe. Run it with `readWhole`, which accounts for every file.
   */
  read(tree: FileTree, options: z.output<Options>, sink: RecordSink, context: ImportContext): Promise<ImportSummary>;
}

export function defineImporter<Options extends z.ZodObject>(definition: ImporterDefinition<Options>): ImporterDefinition<Options> {
  return definition;
}
