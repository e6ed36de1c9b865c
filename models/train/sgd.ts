/**
 * torch.optim.SGD: L2 weight decay added to the gradient, momentum without dampening (v ← μ·v + g, from v = 0), Nesterov's variant.
 * The learning rate is outside of the velocity, so a falling rate acts at once. Test: test/models/train/sgd.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Parameter } from '../method.ts';
import { onlyWhen, unless, withDecay, type Optimizer } from './optimizer.ts';
import { EAGER_TOOLS } from './stepTools.ts';

export interface SgdOptions {
  weightDecay: number;
  /** 0: none, and no state. */
  momentum: number;
  /** Steps along g + μ·v instead of v. */
  nesterov?: boolean;
}

/** Its factors are [learning rate]. */
export function createSgd(parameters: Parameter[], { weightDecay, momentum, nesterov = false }: SgdOptions): Optimizer {
  const trained = parameters.filter((parameter) => parameter.trainable);
  const velocities = tf.tidy(() => (momentum === 0 ? [] : trained.map(({ variable }) => tf.variable(tf.zerosLike(variable), false))));

  function apply(gradients: NamedTensorMap, factors: Tensor1D, tools = EAGER_TOOLS, when?: Tensor): void {
    tf.tidy(() => {
      const rate = onlyWhen(when, tf.reshape(factors, []));
      const kept = unless(when, momentum, 1);
      trained.forEach(({ variable }, i) => {
        const raw = gradients[variable.name];
        if (!raw) return;
        const gradient = onlyWhen(when, withDecay(raw, variable, weightDecay));
        const velocity = velocities[i];
        if (!velocity) return descend(variable, gradient);
        if (tools.momentum(variable, velocity, gradient, { rate, momentum: kept, nesterov })) return;
        velocity.assign(tf.add(tf.mul(velocity, kept), gradient));
        const direction = nesterov ? tf.add(gradient, tf.mul(velocity, kept)) : velocity;
        variable.assign(tf.sub(variable, tf.mul(rate, direction)));
      });

      function descend(variable: Variable, gradient: Tensor): void {
        if (!tools.descend(variable, gradient, rate)) variable.assign(tf.sub(variable, tf.mul(rate, gradient)));
      }
    });
  }

  return {
    state: velocities.map((variable, i) => ({ name: `momentum.${(trained[i] as Parameter).name}`, variable })),
    factors: (_update, learningRate) => [learningRate],
    apply,
    dispose: () => tf.dispose(velocities),
  };
}
