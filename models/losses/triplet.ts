/**
 * Batch-hard triplet loss: per anchor the farthest sample of its identity (itself included) and the nearest of another,
 * mean of max(0, d_ap − d_an + margin). Cosine distance is −cos; Euclidean is sqrt(clamp(squared, 1e-12)).
 * Test: test/models/losses.test.ts, values and gradients from PyTorch.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

export type TripletDistance = 'cosine' | 'euclidean';

/** Larger than any distance between features; takes a pair out of the search for the hardest. */
const FAR = 1e30;

/** features [B, D], labels [B] int32 → scalar. A batch of one identity has no negatives and gives 0. */
export function batchHardTriplet(features: Tensor2D, labels: Tensor1D, margin: number, distance: TripletDistance): Scalar {
  const distances = distance === 'cosine' ? cosineDistances(features) : euclideanDistances(features);
  return hardHinge(distances, labels, margin);
}

/** −cos for every pair: [B, D] → [B, B]. */
function cosineDistances(features: Tensor2D): Tensor2D {
  const norms = tf.sqrt(tf.sum(tf.square(features), 1, true));
  const unit = tf.div(features, norms) as Tensor2D;
  return tf.neg(tf.matMul(unit, unit, false, true));
}

function euclideanDistances(features: Tensor2D): Tensor2D {
  const squares = tf.sum(tf.square(features), 1, true);
  const products = tf.matMul(features, features, false, true);
  const squared = tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(products, 2));
  return tf.sqrt(tf.maximum(squared, 1e-12)) as Tensor2D;
}

/**
 * Mean hinge over the hardest pairs. The choice of pairs is a constant for the gradient, so it is written out here:
 * 1/B at the chosen positive, −1/B at the chosen negative, for anchors on the active side of the hinge.
 */
function hardHinge(distances: Tensor2D, labels: Tensor1D, margin: number): Scalar {
  const hinge = tf.customGrad((...args) => {
    const d = args[0] as Tensor2D;
    const save = args[1] as unknown as (tensors: Tensor[]) => void;
    const size = d.shape[0];
    const column = tf.reshape(labels, [size, 1]);
    const same = tf.cast(tf.equal(column, tf.transpose(column)), 'float32');
    const other = tf.sub(1, same);
    const farthest = tf.argMax(tf.sub(tf.mul(d, same), tf.mul(other, FAR)), 1) as Tensor1D;
    const nearest = tf.argMin(tf.add(tf.mul(d, other), tf.mul(same, FAR)), 1) as Tensor1D;
    const positive = tf.cast(tf.oneHot(farthest, size), 'float32');
    // An anchor whose whole batch is its own identity has no negative: its row is zero and it does not count.
    const negative = tf.mul(tf.cast(tf.oneHot(nearest, size), 'float32'), other);
    const gap = tf.add(tf.sum(tf.mul(d, tf.sub(positive, negative)), 1, true), margin);
    const active = tf.mul(tf.step(gap), tf.sum(negative, 1, true));
    save([tf.div(tf.mul(tf.sub(positive, negative), active), size)]);
    return {
      value: tf.div(tf.sum(tf.mul(gap, active)), size) as Tensor,
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, saved[0] as Tensor),
    };
  });
  return hinge(distances) as Scalar;
}
