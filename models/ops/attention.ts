/**
 * Scaled dot-product attention, softmax(scale · q kᵀ + bias) v, with its gradient by hand: kept are q, k, v, the result and the probabilities,
 * where tfjs would keep scores and scaled scores as well. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

export interface AttentionOptions {
  /** Default: 1 / √D. */
  scale?: number;
  /** Added to the scores; any shape that broadcasts to [B, heads, N, M], such as relative positions [heads, N, M]. Has a gradient. */
  bias?: Tensor;
}

/** q [B, heads, N, D], k [B, heads, M, D], v [B, heads, M, E] → [B, heads, N, E]. */
export function attention(q: Tensor4D, k: Tensor4D, v: Tensor4D, { scale = 1 / Math.sqrt(q.shape[3]), bias }: AttentionOptions = {}): Tensor4D {
  const inputs = bias ? [q, k, v, bias] : [q, k, v];
  return operation(scale)(...inputs) as Tensor4D;
}

function operation(scale: number): (...inputs: Tensor[]) => Tensor {
  return tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const [q, k, v, bias] = args as [Tensor, Tensor, Tensor, Tensor?];
    // q is smaller than the scores, so it takes the scale.
    const scores = tf.matMul(tf.mul(q, scale), k, false, true);
    const probabilities = tf.softmax(bias ? tf.add(scores, bias) : scores);
    const y = tf.matMul(probabilities, v);
    save([q, k, v, probabilities, y]);
    const biasShape = bias?.shape;
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sq, sk, sv, p, sy] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        // The row sums of dp·p equal those of dy·y, which is smaller.
        const dp = tf.matMul(dy, sv, false, true);
        const ds = tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dy, sy), -1, true)));
        const gradients = [tf.mul(tf.matMul(ds, sk), scale), tf.mul(tf.matMul(ds, sq, true, false), scale), tf.matMul(p, dy, true, false)];
        return biasShape ? [...gradients, reduceTo(ds, biasShape)] : gradients;
      },
    };
  });
}

/** Sums over the axes along which `shape` was broadcast. */
function reduceTo(x: Tensor, shape: number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(x, axes) : x, shape);
}
