/**
 * Matrix products as TensorFlow's `MatMul` wherever they are one product: batches of 1, and batches of a against one b.
 * tfjs-node always sends `BatchMatMulV2`, which is slower and which the graph optimiser fuses with nothing.
 * Test: test/main/engine/kernels.test.ts, test/main/engine/kernelsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { boolAttribute, typeAttribute } from './attributes.ts';

interface MatMulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

export const matmulKernels: tf.KernelConfig[] = [
  {
    kernelName: 'BatchMatMul',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { a, b } = inputs as Record<'a' | 'b', tf.Tensor>;
      const { transposeA, transposeB } = attrs as unknown as MatMulAttributes;
      const node = backend as NodeBackend;
      if (isOneProduct(a, b, transposeA)) return oneProduct(node, a, b, transposeA, transposeB);
      return node.executeSingleOutput(
        'BatchMatMulV2',
        [typeAttribute('T', a.dtype), boolAttribute('adj_x', transposeA), boolAttribute('adj_y', transposeB)],
        [a, b],
      );
    },
  },
];

/** One b for all of a; a transposed a cannot be folded, as its rows lie in the last axis. */
function isOneProduct(a: tf.TensorInfo, b: tf.TensorInfo, transposeA: boolean): boolean {
  // The batched operation conjugates complex numbers, this one does not.
  if (a.dtype === 'complex64') return false;
  return batchOf(b.shape) === 1 && (batchOf(a.shape) === 1 || !transposeA);
}

function oneProduct(backend: NodeBackend, a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  const attributes = [typeAttribute('T', a.dtype), boolAttribute('transpose_a', transposeA), boolAttribute('transpose_b', transposeB)];
  if (a.rank === 2 && b.rank === 2) return backend.executeSingleOutput('MatMul', attributes, [a, b]);
  const rows = (transposeA ? a.shape.at(-1) : a.shape.at(-2)) as number;
  const columns = (transposeB ? b.shape.at(-2) : b.shape.at(-1)) as number;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return tf.tidy(() => tf.reshape(backend.executeSingleOutput('MatMul', attributes, [asMatrix(a), asMatrix(b)]), [...batch, rows, columns]));
}

function asMatrix(x: tf.Tensor): tf.Tensor {
  const columns = x.shape.at(-1) as number;
  return x.rank === 2 ? x : tf.reshape(x, [batchOf(x.shape) * (x.shape.at(-2) as number), columns]);
}

function batchOf(shape: number[]): number {
  return shape.slice(0, -2).reduce((product, size) => product * size, 1);
}
