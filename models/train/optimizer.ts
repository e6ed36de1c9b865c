/**
 * What the training loop and a checkpoint know of an optimizer: named variables, numbers that change from step to step, and an update. All state
 * lives in variables and every changing number enters as one tensor, so a step can be recorded once and replayed.
 * Tests: test/models/train/adam.test.ts, test/models/train/sgd.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import { after } from '../ops/after.ts';
import type { LossScaling } from './lossScaling.ts';
import type { StateDict } from './stateDict.ts';
import type { StepTools } from './stepTools.ts';

export interface StateVariable {
  /** In the checkpoint, such as `first.base.conv1.weight`. */
  name: string;
  variable: Variable;
}

export interface Optimizer {
  state: StateVariable[];
  /** What update number `update` (from 1) needs from outside, in the form of `apply`. */
  factors(update: number, learningRate: number): number[];
  /**
   * Applies gradients keyed by variable name, as tf.variableGrads gives them. A variable without gradient is left alone.
   * `when`: a boolean scalar; false leaves weights and state bit for bit as they are, whatever the gradients are.
   */
  apply(gradients: NamedTensorMap, factors: Tensor1D, tools?: StepTools, when?: Tensor): void;
  /** With float16: the factor on the loss. */
  scaling?: LossScaling;
  dispose(): void;
}

/** Numbers of a weight that is not worth an operation of its own to hold it back: that takes as long as its update. */
const SMALL = 2 ** 14;

/** L2 weight decay, as a part of the gradient. */
export function withDecay(raw: Tensor, variable: Variable, weightDecay: number): Tensor {
  if (weightDecay === 0) return raw;
  // Not before the gradient: else all weights are in memory twice from the beginning of a recorded step.
  const weights = variable.size < SMALL ? variable : after(variable as Tensor, raw);
  return tf.add(raw, tf.mul(weights, weightDecay));
}

/** Zeros where the update is not to happen: a product with 0 would leave Inf and NaN as NaN. */
export function onlyWhen(when: Tensor | undefined, gradient: Tensor): Tensor {
  return when ? tf.where(when, gradient, tf.zerosLike(gradient)) : gradient;
}

/** A number of the update rule that is another one when the update is not to happen. */
export function unless(when: Tensor | undefined, value: number, otherwise: number): number | Tensor {
  return when ? tf.where(when, value, otherwise) : value;
}

/** The state as a state_dict, in the engine's layout. */
export function optimizerState(optimizer: Optimizer): StateDict {
  return new Map(optimizer.state.map(({ name, variable }) => [name, { shape: variable.shape, values: variable.dataSync<'float32'>().slice() }]));
}

/** @throws WEIGHTS_MISMATCH when the state is that of another optimizer or of another model. */
export function restoreOptimizer(optimizer: Optimizer, state: StateDict): void {
  const [saved, own] = [kindOf([...state.keys()]), kindOf(optimizer.state.map(({ name }) => name))];
  if (saved !== own) {
    throw new AppError(
      'WEIGHTS_MISMATCH',
      `The checkpoint holds the state of ${saved}, but this run trains with ${own}. Only the optimizer that began a run can go on with it.`,
      { saved, own },
      { remedy: 'Resume with the optimizer and momentum of the checkpoint, or start a new run from its weights.' },
    );
  }
  for (const { name, variable } of optimizer.state) restore(variable, name, state);
}

/** Which optimizer writes such names. */
function kindOf(names: string[]): string {
  if (names.some((name) => name.startsWith('first.'))) return 'Adam';
  return names.some((name) => name.startsWith('momentum.')) ? 'SGD with momentum' : 'SGD without momentum';
}

function restore(variable: Variable, key: string, state: StateDict): void {
  const tensor = state.get(key);
  if (!tensor || tensor.values.length !== variable.size) {
    const found = tensor ? `has shape [${tensor.shape.join(', ')}] instead of [${variable.shape.join(', ')}]` : 'is missing';
    throw new AppError('WEIGHTS_MISMATCH', `In the saved optimiser, "${key}" ${found}.`, { key });
  }
  tf.tidy(() => variable.assign(tf.tensor(tensor.values, variable.shape, 'float32')));
}
