/**
 * What the host and a compute child say to each other (node IPC, serialization 'advanced', so typed arrays travel as they are).
 * The host sends one `run` and at most one `stop` or `cancel`; the child answers with any number of reports and exactly one
 * `done` or `error`. Pure types: both sides import it without pulling in the other. Test: test/main/jobs/supervisor.test.ts.
 */
import type { ErrorShape } from '../../src-shared/errors.ts';
import type { BatchRecord, MetricColumns, RecipeValues } from '../../src-shared/contract/runs.ts';
import type { ProtocolName } from '../../src-shared/contract/evaluations.ts';
import type { LogLine } from '../../src-shared/contract/jobs.ts';
import type { EngineInfo, EngineOptions } from '../engine/openEngine.ts';
import type { ListRow } from './lists.ts';

export interface TrainTask {
  kind: 'train';
  projectFolder: string;
  runId: string;
  method: string;
  options: Record<string, unknown>;
  recipe: RecipeValues;
  /** Absolute path of the list of tracklets; those of the split "train" are trained on. */
  manifest: string;
  seed: number;
  engine: EngineOptions;
}

export interface ExtractTask {
  kind: 'extract';
  projectFolder: string;
  runId: string;
  method: string;
  options: Record<string, unknown>;
  /** Relative to the run's folder. */
  checkpoint: string;
  /** Of the weights as the run noted them: another file in the checkpoint's place must not be embedded with. */
  weightsHash: string | null;
  /** Absolute path of the list of tracklets. */
  manifest: string;
  /** File of the features, relative to the project. */
  output: string;
  /** Features that are there: used again when they are of these weights, this content and whole. */
  known: StoredFeatures | null;
  engine: EngineOptions;
}

/** A file of features, relative to the project, and what was noted when it was written. */
export interface StoredFeatures {
  path: string;
  hash: string;
  count: number;
  dims: number;
}

export interface EvaluateTask {
  kind: 'evaluate';
  projectFolder: string;
  /** Every tracklet of the data set, in the order of their names. */
  rows: ListRow[];
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  features: StoredFeatures;
  /** Folder of the results, relative to the project. */
  output: string;
}

export interface DescribeTask {
  kind: 'describe';
  method: string;
  options: Record<string, unknown>;
  /** In training: classes of the classifier. */
  identities?: number;
}

/** The registry as data: the host never loads a method itself, since that would load the engine's JavaScript. */
export interface MethodsTask {
  kind: 'methods';
}

/** Evaluation-mode forward of arrays in files, for checks against other implementations. */
export interface ForwardTask {
  kind: 'forward';
  method: string;
  options: Record<string, unknown>;
  /** Computes also where tensors of the network are not in the weights. */
  partial: boolean;
  weights: string;
  input: string;
  output: string;
  engine: EngineOptions;
}

/** What the engine is on this machine, for `tracklet doctor`. */
export interface ProbeTask {
  kind: 'probe';
  engine: EngineOptions;
}

/** The NVIDIA cards: in a child, since a driver that hangs must not hold the host. */
export interface CardsTask {
  kind: 'cards';
}

export type ComputeTask = TrainTask | ExtractTask | EvaluateTask | DescribeTask | MethodsTask | ForwardTask | ProbeTask | CardsTask;

export type EngineReport = Omit<EngineInfo, 'numTensorsNative'>;

export interface CheckpointReport {
  /** Folder relative to the run's folder. */
  path: string;
  step: number;
  epoch: number;
  seconds: number;
  weightsHash: string;
}

export type FromChild =
  | { type: 'progress'; done: number; total: number; unit: string; message: string }
  | { type: 'log'; level: LogLine['level']; text: string }
  | { type: 'engine'; info: EngineReport }
  /** Facts of the run that are known once the model is built. */
  | { type: 'model'; parameters: number; steps: number; epochs: number; batches: BatchRecord[] }
  | { type: 'metrics'; columns: MetricColumns }
  | { type: 'checkpoint'; checkpoint: CheckpointReport }
  /** Says only "I live", where a piece of work is long and has nothing to report. */
  | { type: 'alive' }
  | { type: 'done'; result: unknown }
  | { type: 'error'; error: ErrorShape };
