/**
 * PyTorch's symmetric padding in the words of TensorFlow's kernels, many of which know only `valid` and `same`, and padding made beforehand for the rest.
 * Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** One number for every axis, or one for each; 'same' is TensorFlow's rule: ceil(size / stride) results, the larger half of the padding behind. */
export type Padding<Axes> = number | Axes | 'same';

/**
 * What a kernel calls this padding of the axes between the first and the last: `same` wherever it reads the same windows, as it starts as many cells
 * before and gives as many results; null where the kernel has no word for it.
 */
export function nativePadding({ shape }: Tensor, kernel: readonly number[], stride: readonly number[], padding: readonly number[]): 'valid' | 'same' | null {
  if (padding.every((cells) => cells === 0)) return 'valid';
  const isSame = padding.every((cells, axis) => {
    const size = shape[axis + 1] as number;
    const step = stride[axis] as number;
    const reach = kernel[axis] as number;
    const count = Math.ceil(size / step);
    const total = Math.max((count - 1) * step + reach - size, 0);
    return Math.floor(total / 2) === cells && Math.floor((size + 2 * cells - reach) / step) + 1 === count;
  });
  return isSame ? 'same' : null;
}

/** Pads only where the kernel has no word for it, since that is a copy of the input, and says what is left for the kernel to do. */
export function padded<T extends Tensor>(
  x: T,
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly number[] | 'same',
  value: number,
): [x: T, rest: 'valid' | 'same'] {
  if (padding === 'same') return [x, padding];
  const native = nativePadding(x, kernel, stride, padding);
  if (native) return [x, native];
  const sides = padding.map((cells): [number, number] => [cells, cells]);
  return [tf.pad(x as Tensor, [[0, 0], ...sides, [0, 0]], value) as T, 'valid'];
}
