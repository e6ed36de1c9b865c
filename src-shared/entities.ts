/**
 * Schemas of the things that travel between page and host. Pure data: JSON plus typed arrays, no Date, Map or bigint.
 * Times are milliseconds since 1970 (`…At`), frame positions are 0-based integers, shares are fractions 0..1.
 */
import { z } from 'zod';
import { HOWS } from './fields/how.ts';
import { protocolNames } from './protocols/index.ts';
import { distanceNames } from './protocols/protocol.ts';

export const splitName = z.enum(['train', 'query', 'gallery', 'none']);
export const identityKind = z.enum(['person', 'distractor', 'junk']);
export const how = z.enum(HOWS);
export const protocolName = z.enum(protocolNames);
export const distanceName = z.enum(distanceNames);

export const projectInfo = z.object({
  name: z.string(),
  /** Absolute folder, for display only. */
  folder: z.string(),
  /** Open for looking only, with the reason to complete "because …", and what helps where a copy of the folder would not; null: it can be changed. */
  readOnly: z
    .object({
      reason: z.string(),
      remedy: z.string().nullable(),
      /** The sentence on rows that hold what cannot be, where there are some: whatever is told of the project is told without them. */
      leftOut: z.string().nullable(),
    })
    .nullable(),
  /** Why nothing is kept just now, since the project is not in its place; null while it is. */
  moved: z.object({ message: z.string(), remedy: z.string() }).nullable(),
  version: z.string(),
  /** Changes with every open; lets a page see that the host restarted. */
  session: z.string(),
  annotator: z.string(),
  /** What everyone who opens the project should know, such as that something could not be read. */
  notices: z.array(z.object({ code: z.string(), message: z.string(), remedy: z.string() })),
});

export const engineStatus = z.object({
  state: z.enum(['unknown', 'provisioning', 'ready', 'failed']),
  engine: z.string().nullable(),
  device: z.string().nullable(),
  version: z.string().nullable(),
  threads: z.number().nullable(),
  message: z.string().nullable(),
});

/** What this machine has for the engine, known without starting it. */
export const engineSetup = z.object({
  /** Threads of a job where none are set. */
  cores: z.int(),
  /** NVIDIA cards in the order of their numbers. */
  cards: z.array(z.string()),
  /** The TensorFlow that the next job takes. */
  library: z.object({ path: z.string(), version: z.string().nullable(), source: z.enum(['setting', 'provisioned', 'python']) }).nullable(),
  /** What the next job fetches first, such as "TensorFlow 2.21.0"; null when it has what it needs. */
  fetches: z.string().nullable(),
  /** Why the setting for TensorFlow cannot be used. */
  problem: z.string().nullable(),
  /** What device "auto" takes, and why it is not the one before it in the order cuda, cpu, wasm. */
  auto: z.object({ device: z.enum(['cuda', 'cpu', 'wasm']), reason: z.string().nullable() }),
});

export const datasetSummary = z.object({
  id: z.int(),
  name: z.string(),
  importer: z.string(),
  origin: z.string().nullable(),
  licence: z.string().nullable(),
  createdAt: z.number(),
  /** 'importing' until the job has ended; an import that failed leaves nothing. */
  state: z.enum(['importing', 'ready']),
  cameras: z.int(),
  identities: z.int(),
  tracklets: z.int(),
  frames: z.int(),
  splits: z.record(z.string(), z.int()),
  /** A tracklet whose strip stands for the set; null while empty. */
  coverTracklet: z.int().nullable(),
});

export const importWarning = z.object({ code: z.string(), message: z.string(), where: z.string(), count: z.int() });

export const importGuess = z.object({
  option: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]),
  why: z.string(),
  examples: z.array(z.object({ file: z.string(), reads: z.string() })),
});

/** How many files lie below a folder, and what became of them. */
export const fileAccount = z.object({ seen: z.int(), used: z.int(), leftOut: z.int() });

/** How a source differs from the data set that was imported from it. */
export const sourceChange = z.object({
  dataset: z.int(),
  name: z.string(),
  tracklets: z.object({ added: z.int(), changed: z.int(), removed: z.int(), renamed: z.int() }),
  /** Frames of tracklets: a box that moved is a changed picture, too. */
  pictures: z.object({ changed: z.int(), added: z.int(), removed: z.int() }),
});

/** What an update from the source did beyond taking the changes over. */
export const updateOutcome = z.object({
  /** Values that were set aside, as the data set counts them: one for each stretch of frames. */
  setAside: z.int(),
  /** Values that went with their pictures into another tracklet. */
  moved: z.int(),
  /** Values that earlier updates had set aside, and whose pictures are there again. */
  putBack: z.int(),
  /** Tracklets under another name that keep a split which the user chose. */
  splitsKept: z.int(),
  /** Steps of undo that ended, since they name frames as they were before. */
  stepsEnded: z.int(),
  /** The project as it was before. */
  backup: z.string(),
  /** When that copy was made, by which a person finds it; absent in results of before. */
  backupAt: z.number().optional(),
});

/** A value that was given for a picture that changed or is gone. */
export const setAsideValue = z.object({
  id: z.int(),
  /** null when the tracklet is gone. */
  trackletId: z.int().nullable(),
  tracklet: z.string(),
  field: z.string(),
  /** Positions as they are now; null when the frames are gone. */
  start: z.int().nullable(),
  end: z.int().nullable(),
  /** Files, or numbers of frames. */
  pictures: z.array(z.string()),
  value: z.unknown(),
  reason: z.enum(['changed', 'removed']),
});

export const importPreview = z.object({
  importer: z.string(),
  /** Complete. */
  options: z.record(z.string(), z.unknown()),
  name: z.string(),
  identities: z.int(),
  cameras: z.int(),
  tracklets: z.int(),
  frames: z.int(),
  splits: z.record(z.string(), z.int()),
  cameraNames: z.array(z.string()),
  /** A few tracklets, of each camera and split. */
  examples: z.array(z.object({ key: z.string(), identity: z.string(), camera: z.string(), split: z.string(), frames: z.int(), file: z.string() })),
  files: fileAccount,
  guesses: z.array(importGuess),
  warnings: z.array(importWarning),
  /** false: a quick look, which opened a few pictures. */
  everyPicture: z.boolean(),
  /** Name of the data set that was imported from this folder before; whether it is the same still is known once every picture was opened. */
  earlier: z.string().nullable(),
  /** Name of the data set that holds the same already. */
  alreadyImported: z.string().nullable(),
  changed: sourceChange.nullable(),
});

export const datasetDetail = datasetSummary.extend({
  root: z.string(),
  options: z.record(z.string(), z.unknown()),
  cameraRows: z.array(z.object({ id: z.int(), camid: z.int(), name: z.string(), tracklets: z.int(), identities: z.int(), frames: z.int() })),
  splitRows: z.array(z.object({ split: splitName, identities: z.int(), tracklets: z.int(), frames: z.int(), cameras: z.int() })),
  kinds: z.record(z.string(), z.int()),
  warnings: z.array(importWarning),
  /** What became of the files below its folder; null for an import of before they were counted. */
  files: fileAccount.nullable(),
  guesses: z.array(importGuess),
  /** When it was last updated from its source, and from where; null for one that was not, or before that was kept. */
  updated: z.object({ at: z.number(), from: z.string() }).nullable(),
  /** Persons of the split "train" and their tracklets: what a run on it learns from. */
  training: z.object({ identities: z.int(), tracklets: z.int() }),
  /** Values that an update set aside. */
  setAside: z.int(),
  /** Of the files that were looked for; null when all are there. */
  missing: z.object({ count: z.int(), of: z.int(), example: z.string(), root: z.string() }).nullable(),
  /** Of the pictures that were looked at since the program was started, those that were changed since the import; null when there is none. */
  changedPictures: z.object({ count: z.int(), example: z.string() }).nullable(),
  /** By protocol: queries that have a match, as an evaluation counts them. */
  validQueries: z.record(z.string(), z.int()),
  lengthHistogram: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }),
});

/** One row of an ODV table: shares in percent, their sum as it is (never normalised). */
export const occlusionTable = z.object({
  bins: z.array(z.object({ label: z.string(), from: z.number(), to: z.number(), fromOpen: z.boolean(), toOpen: z.boolean() })),
  rows: z.array(
    z.object({
      split: z.string(),
      n: z.int(),
      counts: z.array(z.int()),
      percent: z.array(z.number()),
      sum: z.number(),
      /** Tracklets (or frames, in the table of frames) that have no value, or too few to be counted. */
      leftOut: z.int(),
      warning: z.string().nullable(),
    }),
  ),
});

export const datasetStatistics = z.object({
  datasetId: z.int(),
  tracklets: z.record(z.string(), z.int()),
  /** ODV table 4.1: tracklets by the share of their frames that are occluded. */
  trackletsByHiddenShare: occlusionTable,
  /** ODV table 4.2: occluded frames by hidden area. */
  framesByHiddenArea: occlusionTable,
  framesWithValue: z.int(),
  frames: z.int(),
  occluders: z.record(z.string(), z.int()),
});

/** 'gaps': marked reviewed although frames had no value or were never shown. */
export const reviewState = z.enum(['none', 'started', 'gaps', 'reviewed', 'disputed']);

/** What the grid needs of one tracklet. */
export const trackletRow = z.object({
  id: z.int(),
  datasetId: z.int(),
  name: z.string(),
  identityId: z.int(),
  /** As shown, such as "0003". */
  identity: z.string(),
  identityKind,
  cameraId: z.int(),
  camera: z.string(),
  split: splitName,
  frames: z.int(),
  /** First and last frame number in the media, 0-based; null for crops. */
  mediaStart: z.int().nullable(),
  mediaEnd: z.int().nullable(),
  /** Share of frames with a value >= 1 among those with a value; null where too few have one to count it (`fields/hiddenShare.ts`). */
  hiddenShare: z.number().nullable(),
  hiddenMax: z.int().nullable(),
  framesWithValue: z.int(),
  /** Of these, frames with a value >= 1. */
  hiddenFrames: z.int(),
  review: reviewState,
  /** Of a reviewed tracklet: frames without a value or never shown. */
  reviewGaps: z.int(),
  /** Visibility a frame, -1 = no value. */
  visibility: z.instanceof(Int8Array),
  /** Changes when the strip picture changes; part of its URL. */
  stamp: z.string(),
  mediaMissing: z.boolean(),
  /** Frames whose picture was looked at and is not the one that was imported. */
  changedPictures: z.int(),
  /** Frames whose picture was looked at and is gone or cannot be read. */
  missingPictures: z.int(),
});

export const trackletFilter = z.object({
  datasetIds: z.array(z.int()).optional(),
  cameraIds: z.array(z.int()).optional(),
  identityIds: z.array(z.int()).optional(),
  splits: z.array(splitName).optional(),
  reviews: z.array(reviewState).optional(),
  occluders: z.array(z.string()).optional(),
  /** Inclusive, fractions 0..1; finds only tracklets whose share may be counted. */
  hiddenShare: z.object({ min: z.number(), max: z.number() }).optional(),
  hiddenMax: z.object({ min: z.int(), max: z.int() }).optional(),
  length: z.object({ min: z.int(), max: z.int() }).optional(),
  /** Identity, camera, tracklet name or note contains it. */
  text: z.string().max(200).optional(),
  trackletIds: z.array(z.int()).optional(),
});

export const trackletSort = z.enum(['identity', 'camera', 'hiddenDesc', 'hiddenAsc', 'lengthDesc', 'lengthAsc', 'reviewFirst']);

export const trackletDetail = z.object({
  row: trackletRow,
  mediaId: z.int(),
  mediaKind: z.enum(['video', 'frames', 'crops']),
  mediaWidth: z.int(),
  mediaHeight: z.int(),
  fps: z.number().nullable(),
  /** Frame number in the media a position. */
  frameIndex: z.instanceof(Int32Array),
  /** [x, y, w, h] a position in the full frame; null for crops. */
  boxes: z.instanceof(Float32Array).nullable(),
  ignored: z.instanceof(Uint8Array).nullable(),
  /** Other visits of the same identity, in time order. */
  siblings: z.array(z.int()),
});

/** A value over an inclusive range of frame positions of one tracklet. */
export const annotation = z.object({
  trackletId: z.int(),
  field: z.string(),
  start: z.int().min(0),
  end: z.int().min(0),
  value: z.unknown(),
  how,
  annotator: z.string(),
  updatedAt: z.number(),
});

/** Sets (value) or clears (null) a field on a range. */
export const annotationEdit = z.object({
  trackletId: z.int(),
  field: z.string(),
  start: z.int().min(0),
  end: z.int().min(0),
  value: z.unknown(),
  /** Without it: entered. */
  how: how.optional(),
});

/** What people were shown of a tracklet, one entry a frame (`fields/seen.ts`). */
export const seenColumns = z.object({ shownMs: z.instanceof(Uint32Array), slowest: z.instanceof(Uint8Array), fastest: z.instanceof(Uint8Array) });

/** What tracklets lack for a whole review, one entry a tracklet asked for (`fields/review.ts`). */
export const reviewGapColumns = z.object({
  trackletId: z.instanceof(Int32Array),
  withoutValue: z.instanceof(Int32Array),
  notSeen: z.instanceof(Int32Array),
  either: z.instanceof(Int32Array),
});

export const historyState = z.object({
  undoLabel: z.string().nullable(),
  redoLabel: z.string().nullable(),
  undoCount: z.int(),
  redoCount: z.int(),
});

/** A copy of the project database. */
export const backup = z.object({
  id: z.string(),
  at: z.number(),
  /** Why it was made. */
  reason: z.string(),
  bytes: z.number(),
  datasets: z.int(),
  runs: z.int(),
  /** Values on ranges. */
  annotations: z.int(),
});

/** A data set or run that was removed and can be brought back. */
export const removedThing = z.object({
  kind: z.enum(['dataset', 'run']),
  id: z.string(),
  name: z.string(),
  removedAt: z.number(),
  /** Of the files that are deleted with it. */
  bytes: z.number(),
});

export const jobState = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled', 'interrupted']);
export const jobKind = z.enum(['import', 'synth', 'train', 'extract', 'evaluate', 'provision', 'strips', 'decode']);
export const errorShape = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export const job = z.object({
  id: z.int(),
  kind: jobKind,
  title: z.string(),
  state: jobState,
  /** In `unit`; total 0 = not known yet. */
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  message: z.string(),
  /** Estimate; null while unknown. */
  secondsLeft: z.number().nullable(),
  runId: z.string().nullable(),
  datasetId: z.int().nullable(),
  /** Jobs that must be done first. */
  after: z.array(z.int()),
  error: errorShape.nullable(),
  resumable: z.boolean(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  /** The user has read how it ended. */
  dismissed: z.boolean(),
});

export const logLine = z.object({ at: z.number(), level: z.enum(['info', 'warn', 'error']), text: z.string() });

export const recipeSchema = z.object({
  epochs: z.int().min(1).max(10000),
  stepsPerEpoch: z.int().min(0).max(100000),
  identitiesPerBatch: z.int().min(2).max(256),
  clipsPerIdentity: z.int().min(2).max(64),
  learningRate: z.number().positive().max(10),
  weightDecay: z.number().min(0).max(1),
  decayEpochs: z.array(z.int().min(1)),
  decay: z.number().positive().max(1),
  warmupEpochs: z.int().min(0),
  flip: z.boolean(),
  erasing: z.number().min(0).max(1),
  /** How an epoch is drawn; without it: every tracklet in chunks of one identity. */
  sampling: z.enum(['tracklets', 'identities']).optional(),
  /** How the frames of a training clip are drawn; without it: strided. */
  clipSampling: z.enum(['strided', 'restricted', 'consecutive']).optional(),
  /** Rate at the first step of the warm-up as a share of the full rate. */
  warmupFrom: z.number().min(0).max(1).optional(),
  /** Flip, crop and erasing once for a clip (without it) or for every frame. */
  augmentPer: z.enum(['clip', 'frame']).optional(),
  /** Border in pixels added before a random crop. */
  cropPadding: z.int().min(0).max(128).optional(),
  erasedColour: z.enum(['fixed', 'mean']).optional(),
  /** Parts that a batch is computed in to save memory; batch norm and the triplet see one part at a time. */
  accumulate: z.int().min(1).max(64).optional(),
  /** Of convolutions and matrix products; weights, sums and losses are float32 in either case. */
  precision: z.enum(['float32', 'bfloat16', 'float16']).optional(),
  /** Without it: adam. */
  optimizer: z.enum(['adam', 'sgd']).optional(),
  /** Of SGD; 0 = none, without it .9. */
  momentum: z.number().min(0).max(1).optional(),
  /** SGD looks ahead along its velocity. */
  nesterov: z.boolean().optional(),
});

/** What may change when a run is resumed: how many clips a step takes, and in how many parts it computes them. */
export const batchChange = recipeSchema.pick({ identitiesPerBatch: true, clipsPerIdentity: true, accumulate: true }).partial().strict();

/** The batch of a run from a step on. */
export const batchRecord = z.object({ fromStep: z.int(), identitiesPerBatch: z.int(), clipsPerIdentity: z.int(), accumulate: z.int() });

/** A device for one job, in place of the user's setting. */
export const deviceChoice = z.string().regex(/^(auto|cpu|wasm|cuda(:\d{1,2})?)$/, 'a device is auto, cpu, wasm, cuda or cuda:<number>');

export const methodInfo = z.object({
  id: z.string(),
  title: z.string(),
  paper: z.object({ title: z.string(), venue: z.string(), year: z.int() }),
  inputKind: z.enum(['image', 'clip']),
  /** JSON schema of the options, with titles, ranges and help; the form derives from it. */
  optionsSchema: z.record(z.string(), z.unknown()),
  defaults: z.record(z.string(), z.unknown()),
  smallOptions: z.record(z.string(), z.unknown()),
  recipes: z.object({ paper: recipeSchema, small: recipeSchema }),
  card: z.object({
    summary: z.string(),
    results: z.array(z.object({ dataset: z.string(), mAP: z.number(), rank1: z.number(), protocol: z.string() })),
    code: z.string().nullable(),
  }),
});

export const methodSize = z.object({
  id: z.string(),
  parameters: z.int(),
  parametersWithoutClassifier: z.int(),
  macsPerClip: z.number(),
  macsPerFrame: z.number(),
  options: z.record(z.string(), z.unknown()),
});

export const runSummary = z.object({
  id: z.string(),
  name: z.string(),
  method: z.string(),
  methodTitle: z.string(),
  /** false when this version does not know the method: the run opens read-only. */
  methodKnown: z.boolean(),
  datasetId: z.int().nullable(),
  datasetName: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'stopped', 'interrupted']),
  jobId: z.int().nullable(),
  seed: z.int(),
  step: z.int(),
  steps: z.int(),
  epoch: z.int(),
  epochs: z.int(),
  secondsLeft: z.number().nullable(),
  elapsedSeconds: z.number(),
  imagesPerSecond: z.number().nullable(),
  error: errorShape.nullable(),
  createdAt: z.number(),
  endedAt: z.number().nullable(),
});

export const runDetail = runSummary.extend({
  options: z.record(z.string(), z.unknown()),
  recipe: recipeSchema,
  weightsHash: z.string().nullable(),
  checkpoint: z.string().nullable(),
  engine: z.record(z.string(), z.unknown()).nullable(),
  parameters: z.int().nullable(),
  macsPerFrame: z.number().nullable(),
  /** More than one where the run was resumed with another batch; empty before it has trained. */
  batches: z.array(batchRecord),
  command: z.string(),
});

/** Columns of one series a step; all of one length. */
export const metricColumns = z.object({
  step: z.instanceof(Int32Array),
  epoch: z.instanceof(Int32Array),
  /** Seconds since the run began, pauses left out. */
  seconds: z.instanceof(Float32Array),
  /** `loss`, `loss/identity`, `loss/triplet`, `learningRate`, `gradientNorm`, `imagesPerSecond`, `loaderShare`. */
  series: z.record(z.string(), z.instanceof(Float32Array)),
});

const listFacts = z.object({
  /** Of the keys, people and cameras of its tracklets, whatever their rows. */
  hash: z.string(),
  count: z.int(),
});

/** What an evaluation was asked, beside its data set, protocol and distance; the rules over it are `evaluation/question.ts`. */
export const question = z.object({
  /** Of everything below, with protocol and distance. */
  hash: z.string(),
  queries: listFacts,
  gallery: listFacts,
  /** State of the data set whose pictures were embedded. */
  content: z.string(),
  rerank: z.boolean(),
  /** Which of a method's embeddings. */
  view: z.string(),
  /** How a tracklet is cut into clips. */
  test: z.object({ clipFrames: z.int(), padding: z.string(), maxClips: z.int() }),
});

export const evaluation = z.object({
  id: z.int(),
  runId: z.string(),
  runName: z.string(),
  method: z.string(),
  datasetId: z.int(),
  datasetName: z.string(),
  protocol: protocolName,
  distance: distanceName,
  queries: z.int(),
  validQueries: z.int(),
  gallery: z.int(),
  mAP: z.number(),
  mINP: z.number(),
  cmc: z.array(z.number()),
  /** Null where an older version of the program did not keep it. */
  question: question.nullable(),
  /** What was judged. */
  featuresHash: z.string(),
  weightsHash: z.string().nullable(),
  createdAt: z.number(),
});

/** One query of a comparison; columns follow the order of the asked evaluations. */
export const compareQuery = z.object({
  trackletId: z.int(),
  ap: z.array(z.number()),
  inp: z.array(z.number()),
  /** 1-based rank of the first correct match; 0 = not valid. */
  firstHit: z.array(z.int()),
  valid: z.boolean(),
  identityId: z.int(),
  cameraId: z.int(),
  /** By the labels of now, as strata count it; null where too few frames have a value. */
  hiddenShare: z.number().nullable(),
  occluders: z.array(z.string()),
});

/** Whether an evaluation answers the question of the reference, and what to evaluate again where it does not. */
export const questionCheck = z.object({
  evaluationId: z.int(),
  /** In words, the reference first; those that part two results, and those that are only told. */
  differences: z.array(z.object({ words: z.string(), parts: z.boolean() })),
  /** Evaluating again would ask something else, or ask other weights. */
  isOutdated: z.boolean(),
  /** Why it is outdated, each in words without a full stop. */
  reasons: z.array(z.string()),
  /** What makes it comparable; empty where it is. */
  again: z.array(
    z.object({
      runId: z.string(),
      runName: z.string(),
      datasetId: z.int(),
      datasetName: z.string(),
      protocol: protocolName,
      distance: distanceName,
      /** Its features are made anew from the pictures; else they are there, and ranking takes seconds. */
      readsPictures: z.boolean(),
    }),
  ),
});

export const rankCell = z.object({
  trackletId: z.int(),
  /** 1-based among the entries that count; 0 for junk. */
  rank: z.int(),
  distance: z.number(),
  mark: z.enum(['correct', 'wrong', 'junk', 'distractor']),
});

export const rankList = z.object({
  evaluationId: z.int(),
  ap: z.number(),
  inp: z.number(),
  firstHit: z.int(),
  /** 1-based ranks of every correct match. */
  positives: z.array(z.int()),
  cells: z.array(rankCell),
});

export type SplitName = z.output<typeof splitName>;
export type IdentityKind = z.output<typeof identityKind>;
export type { ProtocolName } from './protocols/index.ts';
export type ProjectInfo = z.output<typeof projectInfo>;
export type EngineStatus = z.output<typeof engineStatus>;
export type EngineSetup = z.output<typeof engineSetup>;
export type DatasetSummary = z.output<typeof datasetSummary>;
export type DatasetDetail = z.output<typeof datasetDetail>;
export type DatasetStatistics = z.output<typeof datasetStatistics>;
export type OcclusionTable = z.output<typeof occlusionTable>;
export type TrackletRow = z.output<typeof trackletRow>;
export type TrackletFilter = z.output<typeof trackletFilter>;
export type TrackletSort = z.output<typeof trackletSort>;
export type TrackletDetail = z.output<typeof trackletDetail>;
export type Annotation = z.output<typeof annotation>;
export type ReviewState = z.output<typeof reviewState>;
export type AnnotationEdit = z.output<typeof annotationEdit>;
export type HistoryState = z.output<typeof historyState>;
export type Job = z.output<typeof job>;
export type JobKind = z.output<typeof jobKind>;
export type JobState = z.output<typeof jobState>;
export type LogLine = z.output<typeof logLine>;
export type BatchChange = z.output<typeof batchChange>;
export type BatchRecord = z.output<typeof batchRecord>;
export type RecipeValues = z.output<typeof recipeSchema>;
export type Backup = z.output<typeof backup>;
export type RemovedThing = z.output<typeof removedThing>;
export type MethodInfo = z.output<typeof methodInfo>;
export type MethodSize = z.output<typeof methodSize>;
export type RunSummary = z.output<typeof runSummary>;
export type RunDetail = z.output<typeof runDetail>;
export type MetricColumns = z.output<typeof metricColumns>;
export type Evaluation = z.output<typeof evaluation>;
export type CompareQuery = z.output<typeof compareQuery>;
export type QuestionCheck = z.output<typeof questionCheck>;
export type RankCell = z.output<typeof rankCell>;
export type RankList = z.output<typeof rankList>;
export type Question = z.output<typeof question>;
export type ListFacts = z.output<typeof listFacts>;
export type SourceChange = z.output<typeof sourceChange>;
export type SetAsideValue = z.output<typeof setAsideValue>;
export type UpdateOutcome = z.output<typeof updateOutcome>;
export type ImportPreview = z.output<typeof importPreview>;
export type ImportWarningRow = z.output<typeof importWarning>;
