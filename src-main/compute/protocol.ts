/**
 * What the host and a compute child say to each other (node IPC, serialization 'advanced', so typed arrays travel as they are).
 * The host sends one `run` and at most one `stop` or `cancel`; the child answers with any number of reports and exactly one
 * `done` or `error`. Pure types: both sides import it without pulling in the other. Test: test/main/jobs/supervisor.test.ts.
 */
import type { ErrorShape } from '../../src-shared/errors.ts';
import type { BatchRecord, MetricColumns } from '../../src-shared/contract/runs.ts';
import type { LogLine } from '../../src-shared/contract/jobs.ts';
import type { EngineInfo } from '../engine/openEngine.ts';

/** A file of features, relative to the project, and what was noted when it was written. */
export interface StoredFeatures {
  path: string;
  hash: string;
  count: number;
  dims: number;
}

/** Features that are there, and what they are kept under. */
export interface KnownFeatures extends StoredFeatures {
  /** As `contentKey` has it. */
  contentHash: string | null;
}

/**
 * The kinds of tasks, `{task, result}` each. A file of `tasks/` adds its own (`declare module`), so that whoever asks knows the type of the answer
 * and loads no program.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the files of tasks fill it
export interface TaskKinds {}

export type TaskKind = keyof TaskKinds;
export type TaskOf<Kind extends TaskKind> = { kind: Kind } & TaskKinds[Kind]['task'];
export type ResultOf<Kind extends TaskKind> = TaskKinds[Kind]['result'];

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
