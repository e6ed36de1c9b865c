/**
 * torch.optim.Adam: L2 weight decay added to the gradient, betas .9 and .999, eps 1e-8 outside the root.
 * Test: test/models/train/adam.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Parameter } from '../method.ts';
import { onlyWhen, unless, withDecay, type Optimizer } from './optimizer.ts';
import { EAGER_TOOLS } from './stepTools.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Its factors are [learning rate / (1 − β1^update), sqrt(1 − β2^update)]. */
export function createAdam(parameters: Parameter[], weightDecay: number): Optimizer {
  const trained = parameters.filter((parameter) => parameter.trainable);
  const moments = tf.tidy(() => trained.map(({ variable }) => [zeros(variable), zeros(variable)] as const));

  function apply(gradients: NamedTensorMap, factors: Tensor1D, tools = EAGER_TOOLS, when?: Tensor): void {
    tf.tidy(() => {
      const [fullSize, correction] = tf.unstack(factors) as [Tensor, Tensor];
      // Held back: no step, and moments that keep all of themselves.
      const stepSize = onlyWhen(when, fullSize);
      const [beta1, beta2] = [unless(when, BETA1, 1), unless(when, BETA2, 1)];
      const [rest1, rest2] = [unless(when, 1 - BETA1, 0), unless(when, 1 - BETA2, 0)];
      // The quotient of the corrected moments, as one factor on the plain ones.
      const rate = tf.mul(stepSize, correction);
      const epsilon = tf.mul(correction, EPSILON);
      trained.forEach(({ variable }, i) => {
        const raw = gradients[variable.name];
        if (!raw) return;
        const [first, second] = moments[i] as readonly [Variable, Variable];
        const gradient = onlyWhen(when, withDecay(raw, variable, weightDecay));
        if (tools.adam(variable, first, second, gradient, { rate, beta1, beta2, epsilon })) return;
        first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, rest1)));
        second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), rest2)));
        const denominator = tf.add(tf.div(tf.sqrt(second), correction), EPSILON);
        variable.assign(tf.sub(variable, tf.mul(stepSize, tf.div(first, denominator))));
      });
    });
  }

  return {
    state: trained.flatMap(({ name }, i) => {
      const [first, second] = moments[i] as readonly [Variable, Variable];
      return [
        { name: `first.${name}`, variable: first },
        { name: `second.${name}`, variable: second },
      ];
    }),
    factors: (update, learningRate) => [learningRate / (1 - BETA1 ** update), Math.sqrt(1 - BETA2 ** update)],
    apply,
    dispose: () => tf.dispose(moments.flat()),
  };
}

function zeros(variable: Variable): Variable {
  return tf.variable(tf.zerosLike(variable), false);
}
