/**
 * Where a task is done: `local.ts` starts a child for each, `interactive.ts` keeps one. Whoever asks cannot tell them apart but by the time it takes:
 * test/contracts/backends.contract.test.ts.
 */
import type { SuperviseOptions } from '../jobs/supervisor.ts';
import type { FromChild, ResultOf, TaskKind, TaskOf } from './protocol.ts';

export type ComputeOptions = Omit<SuperviseOptions<FromChild>, 'script' | 'task' | 'isNoise' | 'env' | 'flags' | 'silenceAfter'>;

/** Runs a task and answers with its result; who takes it as a parameter names the kinds that it asks for. */
export type Compute<Kinds extends TaskKind = TaskKind> = <Kind extends Kinds>(task: TaskOf<Kind>, options?: ComputeOptions) => Promise<ResultOf<Kind>>;

export interface Backend {
  run: Compute;
  /** Cancels what runs. Resolves when no child is left. */
  close(): Promise<void>;
}
