/**
 * What the host and an import child say to each other. The child reads the folder and opens no database; what it has read lies in a spool file,
 * so records never pass through the host's memory. Pure types: both sides import it without pulling in the other.
 */
import type { FileAccount } from '../../../datasets/readWhole.ts';
import type { CameraRecord, Guess, ImportSummary, ImportWarning, MediaProbe } from '../../../datasets/importer.ts';
import type { ErrorShape } from '../../../src-shared/errors.ts';
import type { LogLine } from '../../../src-shared/contract/jobs.ts';

/** Which importers recognise the folder or archive. */
export interface ProbeTask {
  kind: 'probe';
  /** Or an archive, which is a folder in one file. */
  folder: string;
}

export interface ReadTask {
  kind: 'read';
  folder: string;
  /** null: the one that recognises the folder best. */
  importer: string | null;
  options: Record<string, unknown>;
  /** Refuse instead of leaving out what is bad. */
  strict: boolean;
  /** Where the records go; null: they are only counted. */
  spool: string | null;
  /** false: a quick look, which opens a few pictures and hashes none. */
  everyPicture: boolean;
}

export type ImportTask = ProbeTask | ReadTask;

export interface FoundImporter {
  importer: string;
  title: string;
  confidence: number;
  summary: string;
  guesses: Guess[];
}

export interface ImportCounts {
  identities: number;
  cameras: number;
  tracklets: number;
  frames: number;
  /** Of the first split set. */
  splits: Record<string, number>;
  /** Further split sets that the source names: members a side. */
  splitSets: { name: string; splits: Record<string, number> }[];
}

/** What becomes of a few tracklets, to be looked at before an import. */
export interface ImportExample {
  key: string;
  identity: string;
  camera: string;
  split: string;
  frames: number;
  /** The first picture, or the video. */
  file: string;
}

/** A piece of the spool: one small transaction of the host. */
export interface SpoolChunk {
  offset: number;
  length: number;
  tracklets: number;
}

export interface ReadResult {
  importer: string;
  /** Complete. */
  options: Record<string, unknown>;
  /** The folder is a file, and the pictures lie in it. */
  isArchive: boolean;
  summary: ImportSummary;
  files: FileAccount;
  guesses: Guess[];
  counts: ImportCounts;
  cameras: CameraRecord[];
  examples: ImportExample[];
  warnings: ImportWarning[];
  /** Fingerprints of the videos, by the key of their medium. */
  videos: Record<string, string>;
  /** Of all records and, when every picture was read, of all pixels. */
  contentHash: string;
  /** In the order in which they are to be stored: identities first. */
  chunks: SpoolChunk[];
  /** Most memory that the child held, in bytes. */
  peakMemory: number;
}

type VideoFacts = Awaited<ReturnType<MediaProbe['video']>>;

export type FromImportChild =
  | { type: 'progress'; done: number; total: number; unit: string; message: string }
  | { type: 'log'; level: LogLine['level']; text: string }
  | { type: 'alive' }
  /** Videos are decoded by the host's ffmpeg, since the frames go into the project's cache. */
  | { type: 'video'; id: number; path: string };

export type ToImportChild = { type: 'videoFacts'; id: number; facts: VideoFacts } | { type: 'videoFailed'; id: number; error: ErrorShape };
