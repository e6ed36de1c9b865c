/**
 * What a step may ask of the engine that runs it, beyond tfjs: inputs that are drawn anew whenever a recorded step runs, and an optimizer update in place.
 * Test: test/main/engine/traced.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import { isRecomputing } from '../ops/recompute.ts';
import type { Rng, StepRandom } from '../method.ts';

export interface AdamScalars {
  /** Scalar tensor: what the quotient of the moments is multiplied by. */
  rate: Tensor;
  beta1: number | Tensor;
  beta2: number | Tensor;
  /** Scalar tensor, added to the root of the second moment. */
  epsilon: Tensor;
}

export interface MomentumScalars {
  /** Scalar tensor. */
  rate: Tensor;
  momentum: number | Tensor;
  nesterov: boolean;
}

export interface StepTools {
  /** A float32 tensor of the numbers that `draw` gives, asked anew on every run of a recorded step (not while recording). */
  everyRun(shape: number[], draw: () => Float32Array): Tensor;
  /** first ← β1·first + (1−β1)·g, second ← β2·second + (1−β2)·g², variable ← variable − rate·first/(√second + ε), all in place. False: not here. */
  adam(variable: Variable, first: Variable, second: Variable, gradient: Tensor, scalars: AdamScalars): boolean;
  /** velocity ← μ·velocity + g, variable ← variable − rate·velocity (with Nesterov − rate·(g + μ·velocity)), all in place. False: not here. */
  momentum(variable: Variable, velocity: Variable, gradient: Tensor, scalars: MomentumScalars): boolean;
  /** variable ← variable − rate·g, in place. False: not here. */
  descend(variable: Variable, gradient: Tensor, rate: Tensor): boolean;
  /** variable ← variable + value, in place. False: not here. */
  add(variable: Variable, value: Tensor): boolean;
}

/** For a step that runs operation by operation. */
export const EAGER_TOOLS: StepTools = {
  everyRun: (shape, draw) => tf.tensor(draw(), shape),
  adam: () => false,
  momentum: () => false,
  descend: () => false,
  add: () => false,
};

/** Each call in a step has numbers of its own, the same ones whenever the step is repeated. */
export function stepRandom(rng: () => Rng, tools: StepTools = EAGER_TOOLS): StepRandom {
  let calls = 0;
  const draw = (shape: number[], next: (source: Rng) => number): Tensor => {
    if (isRecomputing()) throw new AppError('INTERNAL', 'A part that is computed again in the backward pass draws random numbers; draw them outside of it.');
    const name = `call ${calls++}`;
    return tools.everyRun(shape, () => {
      const source = rng().fork(name);
      return new Float32Array(shape.reduce((product, size) => product * size, 1)).map(() => next(source));
    });
  };
  return { uniform: (shape) => draw(shape, (source) => source.next()), normal: (shape) => draw(shape, (source) => source.normal()) };
}
