/** Holding back what a recorded step would compute too early. Test: test/models/recompute.test.ts, test/main/engine/tiledConvolution.test.ts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel } from './basic.ts';

/**
 * x, but in a recorded step not before dy is there. TensorFlow computes everything as soon as it can: what depends on weights or on activations alone
 * would be made at the beginning, or in the forward pass, and take memory until the backward pass needs it.
 */
export function after<T extends Tensor>(x: T, dy: Tensor): T {
  return hasKernel('After') ? tf.engine().runKernel<T>('After', { x, dy }) : tf.clone(x);
}
