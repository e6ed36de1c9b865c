/**
 * Small operations with PyTorch's meaning and a gradient on every backend: relu, stop-gradient, L2 norm, softmax, global pooling, matrix products.
 * They exist because tfjs lacks them, keeps more memory than needed, or defines them differently. Test: test/models/ops.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/** True when the running backend offers a kernel beyond the standard ones. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

/** A rectifier with its gradient from the output: by the kernel where the backend has it, else dy where `passes` is 1. */
function rectifier(forward: (x: Tensor) => Tensor, kernel: string, passes: (y: Tensor) => Tensor): (x: Tensor) => Tensor {
  return tf.customGrad((x, save) => {
    const y = forward(x as Tensor);
    (save as (tensors: Tensor[]) => void)([y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const output = saved[0] as Tensor;
        if (hasKernel(kernel)) return tf.engine().runKernel<Tensor>(kernel, { dy, y: output });
        return tf.mul(dy, passes(output));
      },
    };
  });
}

const reluFromOutput = rectifier(tf.relu, 'ReluGrad', (y) => tf.step(y));
const relu6FromOutput = rectifier(tf.relu6, 'Relu6Grad', (y) => tf.cast(tf.logicalAnd(tf.greater(y, 0), tf.less(y, 6)), 'float32'));

/** ReLU whose gradient comes from its output, so the input need not be kept until the backward pass. */
export function relu<T extends Tensor>(x: T): T {
  return reluFromOutput(x) as T;
}

/** min(max(x, 0), 6) with its gradient from the output: zero at 0 and at 6, as PyTorch's. */
export function relu6<T extends Tensor>(x: T): T {
  return relu6FromOutput(x) as T;
}

/** Computes one tensor for which no gradient is recorded, whatever it reads: PyTorch's `no_grad`. Choices and conditions inside a loss belong here. */
export function withoutGradient<T extends Tensor>(compute: () => T): T {
  // The only recorded input is a constant of its own, so no path of the gradient leads through what `compute` reads.
  const operation = tf.customGrad((none) => ({ value: compute() as Tensor, gradFunc: () => tf.zerosLike(none as Tensor) }));
  return operation(tf.scalar(0)) as T;
}

/** Identity forward, no gradient backward: PyTorch's `detach`. */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutGradient(() => tf.clone(x));
}

/** F.normalize: x / max(‖x‖₂, 1e-12) along `axis`. */
export function l2Normalize<T extends Tensor>(x: T, axis = -1): T {
  const squares = tf.sum(tf.square(x), axis, true);
  // The floor sits under the root, where the gradient of sqrt(0) would be infinite.
  return tf.div(x, tf.sqrt(tf.maximum(squares, 1e-24)));
}

/** [N, H, W, C] → [N, C]. */
export function globalPool(x: Tensor4D, kind: 'max' | 'avg'): Tensor2D {
  const [n, h, w, c] = x.shape;
  if (kind === 'avg') return tf.mean(x, [1, 2]);
  // Max pooling rather than a max reduction: its gradient goes to the first maximum only, as PyTorch's does.
  return tf.reshape(tf.maxPool(x, [h, w], [h, w], 'valid'), [n, c]);
}

/** Pools frames: [B·T, D] → [B, D]. */
export function poolFrames(x: Tensor2D, frames: number, kind: 'max' | 'avg'): Tensor2D {
  const [rows, size] = x.shape;
  const clips: Tensor3D = tf.reshape(x, [rows / frames, frames, size]);
  if (frames === 1) return tf.reshape(clips, [rows, size]);
  if (kind === 'avg') return tf.mean(clips, 1);
  return tf.reshape(tf.maxPool(tf.reshape(clips, [rows / frames, frames, 1, size]) as Tensor4D, [frames, 1], [frames, 1], 'valid'), [rows / frames, size]);
}

/** AdaptiveAvgPool2d / AdaptiveMaxPool2d: cell i covers rows floor(i·H/h) to ceil((i+1)·H/h), and columns likewise. */
export function adaptivePool(x: Tensor4D, height: number, width: number, kind: 'max' | 'avg'): Tensor4D {
  const [n, h, w, c] = x.shape;
  if (h % height === 0 && w % width === 0) {
    const window: [number, number] = [h / height, w / width];
    return kind === 'avg' ? tf.avgPool(x, window, window, 'valid') : tf.maxPool(x, window, window, 'valid');
  }
  // Uneven cells overlap, which no pooling kernel knows.
  const rows = cells(h, height).map(([top, bottom]) => {
    const row = cells(w, width).map(([left, right]) => globalPool(tf.slice(x, [0, top, left, 0], [n, bottom - top, right - left, c]), kind));
    return tf.stack(row, 1);
  });
  return tf.stack(rows, 1) as Tensor4D;
}

function cells(size: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)]);
}

/** Σ x² over all tensors, without a gradient: in one pass and without copies where the backend has the kernel "SumOfSquares". */
export function sumOfSquares(tensors: Tensor[]): Tensor {
  if (hasKernel('SumOfSquares')) return tf.engine().runKernel<Tensor>('SumOfSquares', tensors as unknown as NamedTensorMap);
  return tf.addN(tensors.map((x) => tf.sum(tf.square(x))));
}
