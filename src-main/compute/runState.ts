/**
 * What a checkpoint of a run holds: weights as a state_dict, the optimizer's state, and `state.json` with step, random source and label order.
 * Everything else that shapes the future of a run follows from its config and the step. Test: test/main/compute/child.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { BatchRecord } from '../../src-shared/contract/runs.ts';
import type { Model, Rng } from '../../models/method.ts';
import { optimizerState, restoreOptimizer, type Optimizer } from '../../models/train/optimizer.ts';
import { readSafetensors, writeSafetensors } from '../../models/train/safetensors.ts';
import { loadStateDict, toStateDict, type StateDict } from '../../models/train/stateDict.ts';
import { sha256, type Checkpoint } from './checkpoint.ts';

export interface RunState {
  step: number;
  epoch: number;
  /** Of training, pauses left out. */
  seconds: number;
  rng: string;
  /** Identity ids in the order of the classifier's rows. */
  labels: number[];
  /** Hash of the data set's content when the run began. */
  contentHash: string;
  version: string;
  /** Which batch trained from which step on; absent in checkpoints of the first program versions. */
  batches?: BatchRecord[];
}

export interface PackedState {
  files: Map<string, Uint8Array>;
  weightsHash: string;
}

/** @throws ENGINE_FAILED when a weight is no number any more: such a state must never become the last good one. */
export function packState(model: Model, optimizer: Optimizer, state: RunState): PackedState {
  const weights = toStateDict(model);
  const moments = optimizerState(optimizer);
  for (const [name, { values }] of [...weights, ...moments]) {
    if (!values.every(Number.isFinite))
      throw new AppError('ENGINE_FAILED', `The values "${name}" are no numbers any more at step ${state.step}; a lower learning rate helps.`, {
        key: name,
        step: state.step,
      });
  }
  const bytes = writeSafetensors(weights);
  const files = new Map([
    ['model.safetensors', bytes],
    ['optimizer.safetensors', writeSafetensors(moments)],
    ['state.json', new TextEncoder().encode(`${JSON.stringify(state, null, 2)}\n`)],
  ]);
  return { files, weightsHash: sha256(bytes) };
}

export function stateOf(checkpoint: Checkpoint): RunState {
  return JSON.parse(new TextDecoder().decode(fileOf(checkpoint, 'state.json'))) as RunState;
}

export function unpackState(checkpoint: Checkpoint, model: Model, optimizer: Optimizer, rng: Rng): RunState {
  const state = stateOf(checkpoint);
  loadStateDict(model, tensorsOf(checkpoint, 'model.safetensors'));
  restoreOptimizer(optimizer, tensorsOf(checkpoint, 'optimizer.safetensors'));
  rng.restore(state.rng);
  return state;
}

function tensorsOf(checkpoint: Checkpoint, name: string): StateDict {
  return readSafetensors(fileOf(checkpoint, name), `${name} of ${checkpoint.name}`).tensors;
}

export function fileOf(checkpoint: Checkpoint, name: string): Uint8Array {
  const bytes = checkpoint.files.get(name);
  if (!bytes) throw new AppError('FILE_INVALID', `The checkpoint ${checkpoint.name} lacks ${name}.`, { file: name });
  return bytes;
}

/** The record of a run that goes on at `step` with this recipe: one more entry where the batch is another than before. */
export function recordBatch(
  before: BatchRecord[],
  step: number,
  recipe: Omit<BatchRecord, 'fromStep' | 'accumulate'> & { accumulate?: number },
): BatchRecord[] {
  const { identitiesPerBatch, clipsPerIdentity, accumulate = 1 } = recipe;
  const now = { fromStep: step, identitiesPerBatch, clipsPerIdentity, accumulate };
  // What a damaged checkpoint took with it has not happened.
  const kept = before.filter(({ fromStep }) => fromStep < step);
  const last = kept.at(-1);
  const isSame = last && last.identitiesPerBatch === identitiesPerBatch && last.clipsPerIdentity === clipsPerIdentity && last.accumulate === accumulate;
  return isSame ? kept : [...kept, now];
}
