/**
 * Layer normalisation over the last axis as in PyTorch (biased variance, eps inside the root), forward and gradient by hand:
 * kept for the gradient are the input and two numbers a row. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { constant } from '../parameters.ts';
import type { ParameterSet } from '../parameters.ts';
import { after } from './after.ts';
import { matMul, sumOfRows } from './matmul.ts';

export interface LayerNormOptions {
  size: number;
  /** 1e-5 is PyTorch's default; vision transformers use 1e-6. */
  epsilon?: number;
}

/** x [..., size] → the same shape. */
export function layerNorm(params: ParameterSet, name: string, options: LayerNormOptions): <T extends Tensor>(x: T) => T {
  const shape = [options.size];
  const scale = params.add(`${name}.weight`, { shape, init: constant(1) }) as Tensor as Tensor1D;
  const offset = params.add(`${name}.bias`, { shape, init: constant(0) }) as Tensor as Tensor1D;
  return (x) => normalizeLayer(x, scale, offset, options.epsilon ?? 1e-5);
}

export function normalizeLayer<T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, epsilon: number): T {
  return operation(epsilon)(x, scale, offset) as T;
}

function operation(epsilon: number): (...inputs: Tensor[]) => Tensor {
  return tf.customGrad((...args) => {
    const [x, scale, offset] = args as [Tensor, Tensor, Tensor];
    const save = args[3] as unknown as (tensors: Tensor[]) => void;
    const mean = tf.mean(x, -1, true);
    const centred = tf.sub(x, mean);
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const y = tf.add(tf.mul(tf.mul(centred, inverse), scale), offset);
    save([x, scale, mean, inverse]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sx, sscale, smean, sinverse] = saved as [Tensor, Tensor, Tensor, Tensor];
        const normalized = tf.mul(tf.sub(after(sx, dy), smean), sinverse);
        const product = tf.mul(dy, normalized);
        // dx = (g − mean(g) − x̂ · mean(g·x̂)) / σ with g = γ·dy; means weighted by γ are products with γ / D.
        const weights: Tensor2D = tf.reshape(tf.div(sscale, sscale.size), [sscale.size, 1]);
        const centre = tf.sub(tf.mul(dy, sscale), matMul(dy, weights));
        const dx = tf.mul(tf.sub(centre, tf.mul(normalized, matMul(product, weights))), sinverse);
        return [dx, sumOfRows(product), sumOfRows(dy)];
      },
    };
  });
}
