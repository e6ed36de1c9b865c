/**
 * GELU in its exact form, x·Φ(x) with the error function, as PyTorch's default; the gradient keeps only x. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { after } from './after.ts';

const operation = tf.customGrad((x, save) => {
  const input = x as Tensor;
  (save as (tensors: Tensor[]) => void)([input]);
  return {
    value: tf.mul(input, cumulative(input)),
    gradFunc: (dy: Tensor, saved: Tensor[]) => {
      // Not before dy: else what is made of x alone would be made in the forward pass, and kept.
      const kept = after(saved[0] as Tensor, dy);
      // φ(x) = exp(−x²/2) / √(2π)
      const density = tf.mul(tf.exp(tf.mul(tf.square(kept), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(cumulative(kept), tf.mul(kept, density)));
    },
  };
});

export function gelu<T extends Tensor>(x: T): T {
  return operation(x) as T;
}

/** Φ(x), the normal distribution's. */
function cumulative(x: Tensor): Tensor {
  return tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
}
