/**
 * Softmax cross-entropy of each row, keeping nothing but its gradient: where the backend has the kernels "SparseSoftmaxCrossEntropyWithLogits"
 * and "SoftmaxCrossEntropyWithLogits" {logits, labels} → [loss, gradient], loss and gradient are one operation; elsewhere composed.
 * Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { hasKernel } from './basic.ts';

/** logits [N, C], labels [N] int32 → [N]. Targets are (1 − smoothing)·onehot + smoothing / C. */
export function softmaxCrossEntropy(logits: Tensor2D, labels: Tensor1D, smoothing = 0): Tensor1D {
  if (smoothing === 0 && hasKernel('SparseSoftmaxCrossEntropyWithLogits')) return fromKernel('SparseSoftmaxCrossEntropyWithLogits', logits, labels);
  const classes = logits.shape[1];
  // Scaled afterwards: not every backend makes one-hot rows of fractions.
  const onehot: Tensor2D = tf.cast(tf.oneHot(labels, classes), 'float32') as Tensor2D;
  return softmaxCrossEntropyOfTargets(logits, smoothing === 0 ? onehot : tf.add(tf.mul(onehot, 1 - smoothing), smoothing / classes));
}

/** logits [N, C], target rows [N, C] that each add up to 1 and carry no gradient → [N]. */
function softmaxCrossEntropyOfTargets(logits: Tensor2D, targets: Tensor2D): Tensor1D {
  if (hasKernel('SoftmaxCrossEntropyWithLogits')) return fromKernel('SoftmaxCrossEntropyWithLogits', logits, targets);
  return rowLoss(logits, () => {
    const logProbabilities = tf.logSoftmax(logits);
    return [tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1)), tf.sub(tf.exp(logProbabilities), targets)];
  });
}

function fromKernel(name: string, logits: Tensor2D, labels: Tensor): Tensor1D {
  return rowLoss(logits, () => tf.engine().runKernel<Tensor[]>(name, { logits, labels }) as [Tensor, Tensor]);
}

function rowLoss(logits: Tensor2D, compute: () => [loss: Tensor, gradient: Tensor]): Tensor1D {
  const operation = tf.customGrad((_, save) => {
    const [value, gradient] = compute();
    (save as (tensors: Tensor[]) => void)([gradient]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(tf.expandDims(dy, 1), saved[0] as Tensor) };
  });
  return operation(logits) as Tensor1D;
}
