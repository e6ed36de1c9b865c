/**
 * torch.optim.Adam: L2 weight decay added to the gradient, betas .9 and .999, eps 1e-8 outside the root. All state lives in variables and
 * everything that changes from step to step enters as one tensor, so a step can be traced once and replayed. Test: test/models/train/adam.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import type { Parameter } from '../method.ts';
import type { StateDict } from './stateDict.ts';
import { EAGER_TOOLS, type StepTools } from './stepTools.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface AdamState {
  name: string;
  first: Variable;
  second: Variable;
}

export interface Adam {
  state: AdamState[];
  /** What step number `step` (from 1) needs from outside: [learning rate / (1 − β1^step), sqrt(1 − β2^step)]. */
  factors(step: number, learningRate: number): [number, number];
  /** Applies gradients keyed by variable name, as tf.variableGrads gives them. A variable without gradient is left alone. */
  apply(gradients: NamedTensorMap, factors: Tensor1D, tools?: StepTools): void;
  dispose(): void;
}

export function createAdam(parameters: Parameter[], weightDecay: number): Adam {
  const trained = parameters.filter((parameter) => parameter.trainable);
  const state = tf.tidy(() =>
    trained.map(({ name, variable }) => ({ name, first: tf.variable(tf.zerosLike(variable), false), second: tf.variable(tf.zerosLike(variable), false) })),
  );

  function apply(gradients: NamedTensorMap, factors: Tensor1D, tools = EAGER_TOOLS): void {
    tf.tidy(() => {
      const [stepSize, correction] = tf.unstack(factors) as [Tensor, Tensor];
      // The quotient of the corrected moments, as one factor on the plain ones.
      const rate = tf.mul(stepSize, correction);
      const epsilon = tf.mul(correction, EPSILON);
      trained.forEach(({ variable }, i) => {
        const raw = gradients[variable.name];
        if (!raw) return;
        const { first, second } = state[i] as AdamState;
        const gradient = weightDecay === 0 ? raw : tf.add(raw, tf.mul(variable, weightDecay));
        if (tools.adam(variable, first, second, gradient, { rate, beta1: BETA1, beta2: BETA2, epsilon })) return;
        first.assign(tf.add(tf.mul(first, BETA1), tf.mul(gradient, 1 - BETA1)));
        second.assign(tf.add(tf.mul(second, BETA2), tf.mul(tf.square(gradient), 1 - BETA2)));
        const denominator = tf.add(tf.div(tf.sqrt(second), correction), EPSILON);
        variable.assign(tf.sub(variable, tf.mul(stepSize, tf.div(first, denominator))));
      });
    });
  }

  return {
    state,
    factors: (step, learningRate) => [learningRate / (1 - BETA1 ** step), Math.sqrt(1 - BETA2 ** step)],
    apply,
    dispose: () => {
      for (const entry of state) {
        entry.first.dispose();
        entry.second.dispose();
      }
    },
  };
}

/** Adam's moments as a state_dict: `first.<name>` and `second.<name>`, in the engine's layout. */
export function optimizerState(adam: Adam): StateDict {
  const state: StateDict = new Map();
  for (const { name, first, second } of adam.state) {
    state.set(`first.${name}`, { shape: first.shape, values: first.dataSync<'float32'>().slice() });
    state.set(`second.${name}`, { shape: second.shape, values: second.dataSync<'float32'>().slice() });
  }
  return state;
}

export function restoreOptimizer(adam: Adam, state: StateDict): void {
  for (const { name, first, second } of adam.state) {
    restore(first, `first.${name}`, state);
    restore(second, `second.${name}`, state);
  }
}

function restore(variable: Variable, key: string, state: StateDict): void {
  const tensor = state.get(key);
  if (!tensor || tensor.values.length !== variable.size) {
    const found = tensor ? `has shape [${tensor.shape.join(', ')}] instead of [${variable.shape.join(', ')}]` : 'is missing';
    throw new AppError('WEIGHTS_MISMATCH', `In the saved optimiser, "${key}" ${found}.`, { key });
  }
  tf.tidy(() => variable.assign(tf.tensor(tensor.values, variable.shape, 'float32')));
}
