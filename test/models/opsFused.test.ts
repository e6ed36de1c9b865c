/**
 * Fused operations and those that fill tfjs's gaps, values and gradients, against PyTorch (test/golden/tools/make_engine_ops.py):
 * with the kernels of the TensorFlow engine, one by one and recorded, composed on TensorFlow without them, and on wasm. Tolerance: 1e-5 of the largest value.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../src-main/engine/openEngine.ts';
import { traced } from '../../src-main/engine/trace/traced.ts';
import { attention } from '../../models/ops/attention.ts';
import { relu6, withoutGradient } from '../../models/ops/basic.ts';
import { convolveDepthwise, convolveDilated } from '../../models/ops/convolution.ts';
import { avgPool3d, convolve3d, maxPool3d, type Triple } from '../../models/ops/convolution3d.ts';
import { einsum } from '../../models/ops/einsum.ts';
import { gelu } from '../../models/ops/gelu.ts';
import { segmentSum, stridedSlice, topK, where } from '../../models/ops/indexing.ts';
import { normalizeLayer } from '../../models/ops/layerNorm.ts';
import { addBias, linear, matMul } from '../../models/ops/matmul.ts';
import { resizeBilinear } from '../../models/ops/resize.ts';
import { softmaxCrossEntropy } from '../../models/ops/softmaxCrossEntropy.ts';
import { ParameterSet } from '../../models/parameters.ts';
import { createRng } from '../../models/rng.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../support/engine.ts';
import { channelsFirst, channelsLast, expectClose, golden, lcg } from './golden.ts';

interface Case {
  inputs: number[][];
  scale: number;
  shape: number[];
  output: number[];
  gradients: number[][];
}
interface Fixture {
  crossEntropy: (Case & { labels: number[]; smoothing: number })[];
  linear: Case;
  convolution3d: (Case & { kernel: Triple; stride: Triple; padding: Triple })[];
  pool3d: (Case & { kind: 'max' | 'avg'; kernel: Triple; stride: Triple; padding: Triple })[];
  depthwise: (Case & { kernel: number; stride: number; padding: number })[];
  dilated: (Case & { dilation: number; padding: number })[];
  relu6: Case;
  gelu: Case;
  layerNorm: (Case & { epsilon: number })[];
  attention: Case[];
  einsum: (Case & { equation: string })[];
  stridedSlice: (Case & { begin: number[]; end: number[]; strides: number[] })[];
  segmentSum: Case & { ids: number[]; count: number };
  topK: Case & { k: number };
  argMaxMask: Case;
  where: Case;
  resize: (Case & { height: number; width: number })[];
}
const wanted = golden<Fixture>('engine_ops');

/** Ours beyond tfjs's own: taken away, every operation must compose the same result. */
const FUSED = [
  'ReluGrad',
  'Relu6Grad',
  'BiasAdd',
  'BiasAddGrad',
  'SoftmaxCrossEntropyWithLogits',
  'SparseSoftmaxCrossEntropyWithLogits',
  'ResizeBilinearHalfPixelGrad',
];

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;
let recorded = false;

function check(given: Case, operation: Operation): void {
  const { inputs, scale, shape, output, gradients } = given;
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const tensors = inputs.map((size, k) => tf.mul(lcg(size, k + 1), scale));
    const both = (each: tf.Tensor[]): tf.Tensor[] => [
      operation(...each),
      ...tf.grads((...again: tf.Tensor[]) => tf.sum(tf.mul(operation(...again), lcg(shape, 999))))(each),
    ];
    // A recording refuses to read values, so what passes here reads none.
    const run = recorded ? traced(both) : Object.assign(both, { dispose: () => undefined });
    const [y, ...actual] = run(tensors) as [tf.Tensor, ...tf.Tensor[]];
    run.dispose();
    expect(y.shape).toEqual(shape);
    expectClose(y.dataSync(), output, 1e-5, 'output');
    actual.forEach((gradient, k) => {
      expect(gradient.shape).toEqual(inputs[k]);
      expectClose(gradient.dataSync(), gradients[k] as number[], 1e-5, `gradient of input ${k}`);
    });
  });
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
}

/** PyTorch's [out, in, …] → […, in, out]. */
function filter<T extends tf.Tensor>(weight: tf.Tensor): T {
  return tf.transpose(weight, [...Array.from({ length: weight.rank - 2 }, (_, i) => i + 2), 1, 0]) as T;
}

describe.each(['kernels of the engine', 'recorded as one function', 'composed on TensorFlow', 'wasm'] as const)('%s', (kind) => {
  const removed: tf.KernelConfig[] = [];
  beforeAll(async () => {
    if (kind === 'wasm') await openEngine({ device: 'wasm', paths: {} });
    else await requireEngine();
    recorded = kind === 'recorded as one function';
    if (kind === 'kernels of the engine') for (const name of FUSED) expect(tf.getKernel(name, 'tensorflow'), name).toBeTruthy();
    if (kind === 'composed on TensorFlow')
      for (const name of FUSED) {
        removed.push(tf.getKernel(name, 'tensorflow') as tf.KernelConfig);
        tf.unregisterKernel(name, 'tensorflow');
      }
  }, ENGINE_TIMEOUT_MS);
  afterAll(() => removed.forEach((config) => tf.registerKernel(config)));

  test.each(wanted.crossEntropy)('softmax cross-entropy, smoothing $smoothing', (given) => {
    check(given, (x) => softmaxCrossEntropy(x as tf.Tensor2D, tf.tensor1d(given.labels, 'int32'), given.smoothing));
  });

  test('product with a matrix and bias, leading axes folded', () => {
    check(wanted.linear, (x, w, b) => addBias(matMul(x, w as tf.Tensor2D), b as tf.Tensor1D));
  });

  test.each(wanted.convolution3d)('3-D convolution $kernel, stride $stride, padding $padding', (given) => {
    check(given, (x, w) => channelsFirst(convolve3d(channelsLast(x), filter(w), given.stride, given.padding)));
  });

  test.each(wanted.pool3d)('3-D pooling $kind $kernel, stride $stride, padding $padding', (given) => {
    const pool = given.kind === 'max' ? maxPool3d : avgPool3d;
    check(given, (x) => channelsFirst(pool(channelsLast(tf.sub(x, 2)), given.kernel, given.stride, given.padding)));
  });

  test.each(wanted.depthwise)('depthwise convolution $kernel, stride $stride', (given) => {
    // [C, 1, k, k] → [k, k, C, 1]
    check(given, (x, w) => channelsFirst(convolveDepthwise(channelsLast(x), tf.transpose(w, [2, 3, 0, 1]) as tf.Tensor4D, given.stride, given.padding)));
  });

  test.each(wanted.dilated)('dilated convolution, $inputs, dilation $dilation, padding $padding', (given) => {
    check(given, (x, w) => channelsFirst(convolveDilated(channelsLast(x), filter(w), given.dilation, given.padding)));
  });

  test('ReLU6', () => check(wanted.relu6, relu6));
  test('GELU', () => check(wanted.gelu, gelu));

  test.each(wanted.layerNorm)('layer norm, eps $epsilon', (given) => {
    check(given, (x, scale, offset) => normalizeLayer(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D, given.epsilon));
  });

  test.each(wanted.attention)('attention of $inputs', (given) => {
    check(given, (q, k, v, bias) => attention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, bias ? { bias } : {}));
  });

  test.each(wanted.einsum)('einsum $equation', (given) => {
    check(given, (...inputs) => einsum(given.equation, ...(inputs as [tf.Tensor, tf.Tensor])));
  });

  test.each(wanted.stridedSlice)('slice from $begin to $end by $strides', (given) => {
    check(given, (x) => stridedSlice(x as tf.Tensor, given.begin, given.end, given.strides));
  });

  test('sums by segment', () =>
    check(wanted.segmentSum, (x) => segmentSum(x as tf.Tensor, tf.tensor1d(wanted.segmentSum.ids, 'int32'), wanted.segmentSum.count)));
  test('top-k', () => check(wanted.topK, (x) => topK(x as tf.Tensor, wanted.topK.k).values));

  test('a mask from the position of the maximum', () => {
    check(wanted.argMaxMask, (x) => {
      const mask = withoutGradient(() => tf.sub(1, tf.cast(tf.oneHot(tf.argMax(x as tf.Tensor, 1) as tf.Tensor1D, 9), 'float32')));
      return tf.mul(tf.square(x as tf.Tensor), mask);
    });
  });

  test('a choice by a condition on what is differentiated', () => {
    check(wanted.where, (a, b) => where(() => tf.greater(a as tf.Tensor, 0), tf.square(a as tf.Tensor), b as tf.Tensor));
  });

  test.each(wanted.resize)('bilinear resizing to $height × $width', (given) => {
    check(given, (x) => channelsFirst(resizeBilinear(channelsLast(x), given.height, given.width)));
  });

  test('a linear layer takes any number of leading axes, and its parameters have gradients', () => {
    const params = new ParameterSet(createRng(1));
    const layer = linear(params, 'fc', { in: 5, out: 3 });
    const x = lcg([2, 4, 5], 1);
    const flat = layer(tf.reshape(x, [8, 5]));
    expectClose(layer(x).dataSync(), flat.dataSync(), 1e-6);
    const variables = params.list.map(({ variable }) => variable);
    const { grads } = tf.variableGrads(() => tf.sum(layer(x)) as tf.Scalar, variables);
    expect(variables.map(({ name }) => (grads[name] as tf.Tensor).shape)).toEqual([[5, 3], [3]]);
    expect([...(grads[(variables[1] as tf.Variable).name] as tf.Tensor).dataSync()]).toEqual([8, 8, 8]);
    params.dispose();
  });
});
