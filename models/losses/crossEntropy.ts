/**
 * Cross-entropy with label smoothing in its common form: targets (1 − ε)·onehot + ε/C, mean over the batch of −Σ t·log p.
 * Test: test/models/losses.test.ts, values and gradients from PyTorch.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../ops/softmaxCrossEntropy.ts';

/** logits [B, C], labels [B] int32 → scalar. */
export function crossEntropy(logits: Tensor2D, labels: Tensor1D, smoothing = 0): Scalar {
  return tf.mean(softmaxCrossEntropy(logits, labels, smoothing));
}
