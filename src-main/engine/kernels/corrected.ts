/**
 * Kernels that tfjs-node has, but whose answers differ from tfjs-core's contract or that today's TensorFlow refuses: means and leaky rectifiers
 * of integers, a step's and a sign's NaN, samples that a seed must repeat, scattering at one-dimensional indices, diagonals of booleans, einsum
 * with an unknown label.
 * Test: test/conformance/run.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { boolAttribute, floatAttribute, intAttribute, stringAttribute, typeAttribute } from './attributes.ts';

type Inputs = Record<'x' | 'indices' | 'updates' | 'logits', tf.Tensor>;

export const correctedKernels: tf.KernelConfig[] = [
  kernel<{ axis: number | number[]; keepDims: boolean }>('Mean', ({ x }, { axis, keepDims }, backend) =>
    backend.executeSingleOutput(
      'Mean',
      [boolAttribute('keep_dims', keepDims ?? false), typeAttribute('T', 'float32'), typeAttribute('Tidx', 'int32')],
      [tf.cast(x, 'float32'), tf.tensor1d(tf.util.parseAxisParam(axis, x.shape), 'int32')],
    ),
  ),
  // TensorFlow rounds whole numbers to 0.
  kernel('Round', ({ x }, _, backend) => backend.executeSingleOutput(x.dtype === 'int32' ? 'Identity' : 'Round', [typeAttribute('T', x.dtype)], [x])),
  kernel('Sign', ({ x }, _, backend) => {
    const sign = backend.executeSingleOutput('Sign', [typeAttribute('T', x.dtype)], [x]);
    return x.dtype === 'float32' ? select(backend, tf.isNaN(x), tf.scalar(0), sign) : sign;
  }),
  kernel<{ alpha: number }>('Step', ({ x }, { alpha }, backend) => {
    const dtype = x.dtype as tf.NumericDataType;
    const step = select(backend, tf.greater(x, tf.scalar(0, dtype)), tf.scalar(1, dtype), tf.scalar(alpha, dtype));
    return dtype === 'float32' ? select(backend, tf.isNaN(x), x, step) : step;
  }),
  kernel<{ alpha: number }>('LeakyRelu', ({ x }, { alpha }, backend) =>
    backend.executeSingleOutput('LeakyRelu', [floatAttribute('alpha', alpha), typeAttribute('T', 'float32')], [tf.cast(x, 'float32')]),
  ),
  kernel<{ shape: number[] }>('ScatterNd', ({ indices, updates }, { shape }, backend) =>
    backend.executeSingleOutput(
      'ScatterNd',
      [typeAttribute('T', updates.dtype), typeAttribute('Tindices', 'int32')],
      [indices.rank === 1 ? tf.reshape(indices, [-1, 1]) : indices, updates, tf.tensor1d(shape, 'int32')],
    ),
  ),
  {
    kernelName: 'Einsum',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tensors = Object.values(inputs) as tf.Tensor[];
      const { equation } = attrs as { equation: string };
      // For its check: TensorFlow takes an output label that no input has for an axis of length 1.
      tf.backend_util.decodeEinsumEquation(equation, tensors.length);
      const attributes = [intAttribute('N', tensors.length), stringAttribute('equation', equation), typeAttribute('T', tensors[0]?.dtype ?? 'float32')];
      return (backend as NodeBackend).executeSingleOutput('Einsum', attributes, tensors);
    },
  },
  kernel('Diag', ({ x }, _, backend) => {
    const number = x.dtype === 'bool' ? tf.cast(x, 'int32') : x;
    return tf.cast(backend.executeSingleOutput('Diag', [typeAttribute('T', number.dtype)], [number]), x.dtype);
  }),
  kernel<{ numSamples: number; seed: number; normalized: boolean }>('Multinomial', ({ logits }, { numSamples, seed, normalized }, backend) =>
    backend.executeSingleOutput(
      'StatelessMultinomial',
      [typeAttribute('T', 'float32'), typeAttribute('Tseed', 'int32'), typeAttribute('output_dtype', 'int32')],
      // The seed's own bits: it may be a fraction.
      [normalized ? tf.log(logits) : logits, tf.scalar(numSamples, 'int32'), tf.tensor1d(new Int32Array(Float64Array.of(seed).buffer), 'int32')],
    ),
  ),
];

function kernel<A = undefined>(kernelName: string, compute: (inputs: Inputs, attributes: A, backend: NodeBackend) => tf.Tensor): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => tf.tidy(() => compute(inputs as Inputs, attrs as unknown as A, backend as NodeBackend)),
  };
}

/** Of each element the first where the condition holds, else the second; all three broadcast. */
function select(backend: NodeBackend, condition: tf.Tensor, yes: tf.Tensor, no: tf.Tensor): tf.Tensor {
  return backend.executeSingleOutput('SelectV2', [typeAttribute('T', yes.dtype)], [condition, yes, no]);
}
