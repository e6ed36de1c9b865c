/**
 * Cross-entropy with label smoothing in its common form: targets (1 − ε)·onehot + ε/C, mean over the batch of −Σ t·log p.
 * Test: test/models/losses.test.ts, values and gradients from PyTorch.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** logits [B, C], labels [B] int32 → scalar. */
export function crossEntropy(logits: Tensor2D, labels: Tensor1D, smoothing = 0): Scalar {
  const classes = logits.shape[1];
  const onehot = tf.oneHot(labels, classes, 1, 0) as Tensor2D;
  const logProbabilities = tf.logSoftmax(logits);
  const targets = tf.add(tf.mul(tf.cast(onehot, 'float32'), 1 - smoothing), smoothing / classes);
  return tf.neg(tf.mean(tf.sum(tf.mul(targets, logProbabilities), 1)));
}
