/**
 * Bilinear resizing as F.interpolate(mode='bilinear', align_corners=False): half-pixel centres, no antialiasing, with a gradient.
 * One operation each way where the backend has the kernel "ResizeBilinearHalfPixelGrad" {dy, images}, else two products with matrices of interpolation weights. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { hasKernel } from './basic.ts';

/** [N, H, W, C] → [N, height, width, C]. */
export function resizeBilinear(x: Tensor4D, height: number, width: number): Tensor4D {
  const [images, rows, columns, channels] = x.shape;
  if (rows === height && columns === width) return x;
  if (hasKernel('ResizeBilinearHalfPixelGrad')) return inOneOperation(x, height, width);
  // Rows: [N·H, W·C] would need a product per image, so the height comes first as the leading axis.
  const byRow = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [rows, images * columns * channels]);
  const tall = tf.reshape(tf.matMul(weights(rows, height), byRow as Tensor2D), [height, images, columns, channels]);
  const byColumn = tf.reshape(tf.transpose(tall, [2, 1, 0, 3]), [columns, images * height * channels]);
  const wide = tf.reshape(tf.matMul(weights(columns, width), byColumn as Tensor2D), [width, images, height, channels]);
  return tf.transpose(wide, [1, 2, 0, 3]) as Tensor4D;
}

function inOneOperation(x: Tensor4D, height: number, width: number): Tensor4D {
  const operation = tf.customGrad((input, save) => {
    const images = input as Tensor4D;
    (save as (tensors: Tensor[]) => void)([images]);
    return {
      value: tf.image.resizeBilinear(images, [height, width], false, true),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.engine().runKernel<Tensor>('ResizeBilinearHalfPixelGrad', { dy, images: saved[0] as Tensor }),
    };
  });
  return operation(x) as Tensor4D;
}

/** Row i holds what result i takes of each source position. */
function weights(from: number, to: number): Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(at), from - 1);
    const high = Math.min(low + 1, from - 1);
    const share = at - low;
    matrix[i * from + low] = (matrix[i * from + low] as number) + 1 - share;
    matrix[i * from + high] = (matrix[i * from + high] as number) + share;
  }
  return tf.tensor2d(matrix, [to, from]);
}
