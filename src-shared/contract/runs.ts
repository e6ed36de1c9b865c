/** Methods, recipes and runs. Conventions: contract/index.ts. */
import { z } from 'zod';
import { recipeSchema } from '../recipe/recipe.ts';
import { byRun, command, job, jobStarted, none, query } from './call.ts';
import { deviceChoice } from './engine.ts';
import { protocolName } from './evaluations.ts';
import { errorShape, logLine } from './jobs.ts';

/** What may change when a run is resumed: how many clips a step takes, and in how many parts it computes them. */
export const batchChange = recipeSchema.pick({ identitiesPerBatch: true, clipsPerIdentity: true, accumulate: true }).partial().strict();

/** The batch of a run from a step on. */
export const batchRecord = z.object({ fromStep: z.int(), identitiesPerBatch: z.int(), clipsPerIdentity: z.int(), accumulate: z.int() });

const methodInfo = z.object({
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

const methodSize = z.object({
  id: z.string(),
  parameters: z.int(),
  parametersWithoutClassifier: z.int(),
  macsPerClip: z.number(),
  macsPerFrame: z.number(),
  options: z.record(z.string(), z.unknown()),
});

const runSummary = z.object({
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

const runDetail = runSummary.extend({
  options: z.record(z.string(), z.unknown()),
  recipe: recipeSchema,
  /** The split set it trains on, and the hash of its members; null: before that was kept. */
  split: z.object({ name: z.string(), hash: z.string() }).nullable(),
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
const metricColumns = z.object({
  step: z.instanceof(Int32Array),
  epoch: z.instanceof(Int32Array),
  /** Seconds since the run began, pauses left out. */
  seconds: z.instanceof(Float32Array),
  /** `loss`, `loss/identity`, `loss/triplet`, `learningRate`, `gradientNorm`, `imagesPerSecond`, `loaderShare`. */
  series: z.record(z.string(), z.instanceof(Float32Array)),
});

export const runsCalls = {
  'methods.list': query('Known methods with their options', none, z.array(methodInfo), []),
  'methods.describe': query(
    'Size and cost of a method with given options, its classifier for so many training identities (without: 625, those of MARS)',
    z.object({ id: z.string(), options: z.record(z.string(), z.unknown()), identities: z.int().min(1).optional() }),
    methodSize,
    [],
  ),
  'runs.list': query('All runs, newest first', none, z.array(runSummary), ['Runs']),
  'runs.get': query('One run', byRun, runDetail, (i) => ['Runs', `Run:${i.id}`]),
  'runs.metrics': query('Metric columns after a step', z.object({ id: z.string(), afterStep: z.int() }), metricColumns, (i) => [`RunMetrics:${i.id}`]),
  'runs.log': query('Log lines from an index on', z.object({ id: z.string(), from: z.int() }), z.object({ lines: z.array(logLine), next: z.int() }), (i) => [
    `RunLog:${i.id}`,
  ]),
  'runs.start': job(
    'Train a method',
    z.object({
      name: z.string().trim().min(1).max(80).nullable(),
      method: z.string(),
      options: z.record(z.string(), z.unknown()),
      recipe: recipeSchema.partial().strict(),
      datasetId: z.int(),
      seed: z.int(),
      evaluateOn: z.array(z.object({ datasetId: z.int(), protocol: protocolName })),
      device: deviceChoice.optional(),
    }),
    jobStarted.extend({ runId: z.string(), evaluationJobs: z.array(z.int()) }),
  ),
  'runs.resume': job('Continue a run from its last checkpoint, with another batch where asked', byRun.extend({ batch: batchChange.optional() }), jobStarted),
  'runs.stop': command('Stop after the current step and keep a checkpoint', byRun, none, (i) => ['Runs', `Run:${i.id}`]),
  'runs.rename': command('Rename a run', z.object({ id: z.string(), name: z.string().trim().min(1).max(80) }), none, ['Runs', 'Evaluations'], {
    undoable: true,
  }),
  'runs.remove': command('Remove a run with its features and evaluations', byRun, none, ['Runs', 'Evaluations', 'Jobs', 'Trash'], {
    undoable: true,
  }),
} as const;

export type BatchChange = z.output<typeof batchChange>;
export type BatchRecord = z.output<typeof batchRecord>;
export type MethodInfo = z.output<typeof methodInfo>;
export type MethodSize = z.output<typeof methodSize>;
export type RunSummary = z.output<typeof runSummary>;
export type RunDetail = z.output<typeof runDetail>;
export type MetricColumns = z.output<typeof metricColumns>;
