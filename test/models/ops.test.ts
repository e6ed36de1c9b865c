/** Operations against PyTorch, values and gradients (test/golden/tools/make_small.py). */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchNorm } from '../../models/ops/batchNorm.ts';
import { adaptivePool, globalPool, l2Normalize, poolFrames, relu, stopGradient } from '../../models/ops/basic.ts';
import { convolve, maxPool } from '../../models/ops/convolution.ts';
import { ParameterSet, permute } from '../../models/parameters.ts';
import { createRng } from '../../models/rng.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../support/engine.ts';
import { channelsFirst, channelsLast, expectClose, golden, lcg, lcgValues } from './golden.ts';

interface WithGradients {
  shape: number[];
  output: number[];
  gradients: number[][];
}
interface Small {
  convolutions: (WithGradients & { kernel: number; stride: number; input: number[] })[];
  maxPool: WithGradients;
  batchNorm: WithGradients & { runningMean: number[]; runningVar: number[]; evaluated: number[] };
  adaptive: (WithGradients & { kind: 'avg' | 'max'; size: [number, number] })[];
  l2Normalize: { output: number[] };
}
const small = golden<Small>('small');

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

describe('convolution with symmetric padding', () => {
  test.each(small.convolutions)('$kernel×$kernel at stride $stride on $input', ({ kernel, stride, input, shape, output, gradients }) => {
    const x = channelsLast<tf.Tensor4D>(lcg(input, 1));
    const weightShape = [4, 3, kernel, kernel];
    const w = tf.tensor(permute(lcgValues(4 * 3 * kernel * kernel, 2), weightShape, [2, 3, 1, 0]), [kernel, kernel, 3, 4]) as tf.Tensor4D;
    const run = (a: tf.Tensor, b: tf.Tensor) => channelsFirst(convolve(a as tf.Tensor4D, b as tf.Tensor4D, stride, (kernel - 1) / 2));
    expectClose(run(x, w).dataSync(), output, 1e-5, 'output');
    const [dx, dw] = tf.grads((a, b) => tf.sum(tf.mul(run(a, b), lcg(shape, 999))))([x, w]) as [tf.Tensor, tf.Tensor];
    expectClose(channelsFirst(dx).dataSync(), gradients[0] as number[], 1e-5, 'gradient of the input');
    expectClose(permute(dw.dataSync() as Float32Array, [kernel, kernel, 3, 4], [3, 2, 0, 1]), gradients[1] as number[], 1e-5, 'gradient of the weight');
  });
});

test('max pooling: padding never wins, not even over negative values', () => {
  const { shape, output, gradients } = small.maxPool;
  const x = channelsLast<tf.Tensor4D>(lcg([2, 3, 8, 6], 1));
  const run = (a: tf.Tensor) => channelsFirst(maxPool(tf.sub(a, 2) as tf.Tensor4D, 3, 2, 1));
  expectClose(run(x).dataSync(), output, 1e-6);
  const dx = tf.grad((a) => tf.sum(tf.mul(run(a), lcg(shape, 999))))(x);
  expectClose(channelsFirst(dx).dataSync(), gradients[0] as number[], 1e-6, 'gradient');
});

describe('batch norm', () => {
  function build(): { params: ParameterSet; norm: ReturnType<typeof batchNorm> } {
    const params = new ParameterSet(createRng(0));
    const norm = batchNorm(params, 'bn', { channels: 3 });
    params.list[0]?.variable.assign(tf.tensor1d([0.5, 1, 2]));
    params.list[1]?.variable.assign(tf.tensor1d([0.1, -0.2, 0.3]));
    return { params, norm };
  }

  test.each(['of the engine', 'composed'])('training and evaluation, %s', (kind) => {
    const { shape, output, gradients, runningMean, runningVar, evaluated } = small.batchNorm;
    const kernels = kind === 'composed' ? withoutKernel('FusedBatchNormTrain') : null;
    try {
      const { params, norm } = build();
      const x = channelsLast<tf.Tensor4D>(lcg([4, 3, 5, 2], 1));
      const [scale, offset] = params.list.map(({ variable }) => variable) as [tf.Variable, tf.Variable];
      let y: tf.Tensor | null = null;
      const { grads } = tf.variableGrads(() => {
        const input = tf.variable(x) as unknown as tf.Tensor4D;
        y = tf.keep(channelsFirst(norm(input, true)));
        return tf.sum(tf.mul(y, lcg(shape, 999)));
      }, [scale, offset]);
      expectClose((y as unknown as tf.Tensor).dataSync(), output, 1e-5, 'output');
      expectClose((grads[scale.name] as tf.Tensor).dataSync(), gradients[1] as number[], 1e-5, 'gradient of the scale');
      expectClose((grads[offset.name] as tf.Tensor).dataSync(), gradients[2] as number[], 1e-5, 'gradient of the offset');
      expectClose(params.list[2]?.variable.dataSync() as Float32Array, runningMean, 1e-5, 'running mean');
      expectClose(params.list[3]?.variable.dataSync() as Float32Array, runningVar, 1e-5, 'running variance');
      expectClose(channelsFirst(norm(x, false)).dataSync(), evaluated, 1e-5, 'evaluated');
      const dx = tf.grad((a) => tf.sum(tf.mul(channelsFirst(norm(a as tf.Tensor4D, true)), lcg(shape, 999))))(x);
      expectClose(channelsFirst(dx).dataSync(), gradients[0] as number[], 1e-4, 'gradient of the input');
    } finally {
      if (kernels) tf.registerKernel(kernels);
    }
  });
});

/** Takes a kernel away from the current backend and returns it for putting back. */
function withoutKernel(name: string): tf.KernelConfig | null {
  const kernel = tf.getKernel(name, tf.getBackend()) ?? null;
  if (kernel) tf.unregisterKernel(name, tf.getBackend());
  return kernel;
}

test('relu takes its gradient from the output', () => {
  const [value, gradient] = [relu(tf.tensor1d([-1, 0, 2])), tf.grad((x) => tf.sum(tf.mul(relu(x), tf.tensor1d([5, 6, 7]))))(tf.tensor1d([-1, 0, 2]))];
  expect([...value.dataSync()]).toEqual([0, 0, 2]);
  expect([...gradient.dataSync()]).toEqual([0, 0, 7]);
});

test('stop-gradient is the identity forward and zero backward', () => {
  const x = tf.tensor1d([3, 4]);
  expect([...stopGradient(x).dataSync()]).toEqual([3, 4]);
  expect([
    ...tf
      .grad((a) => tf.sum(tf.mul(stopGradient(a), a)))(x)
      .dataSync(),
  ]).toEqual([3, 4]);
});

test('L2 norm as F.normalize, zero rows stay zero with a finite gradient', () => {
  const x = tf.concat([lcg([3, 4], 1), tf.zeros([1, 4])]);
  expectClose(l2Normalize(x).dataSync(), small.l2Normalize.output, 1e-6);
  expect(
    [
      ...tf
        .grad((a) => tf.sum(l2Normalize(a)))(x)
        .dataSync(),
    ].every(Number.isFinite),
  ).toBe(true);
});

test('global pooling and pooling over frames', () => {
  const maps = tf.tensor4d([1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60, 7, 70, 8, 80], [2, 2, 2, 2]);
  const max = globalPool(maps, 'max');
  expect(max.arraySync()).toEqual([
    [4, 40],
    [8, 80],
  ]);
  expect(globalPool(maps, 'avg').arraySync()).toEqual([
    [2.5, 25],
    [6.5, 65],
  ]);
  expect(poolFrames(max, 2, 'avg').arraySync()).toEqual([[6, 60]]);
  expect(poolFrames(max, 2, 'max').arraySync()).toEqual([[8, 80]]);
});

test.each(small.adaptive)('adaptive $kind pooling to $size', ({ kind, size, shape, output, gradients }) => {
  const x = channelsLast<tf.Tensor4D>(lcg([2, 3, 8, 6], 1));
  const run = (a: tf.Tensor) => channelsFirst(adaptivePool(a as tf.Tensor4D, ...size, kind));
  expectClose(run(x).dataSync(), output, 1e-6);
  const dx = tf.grad((a) => tf.sum(tf.mul(run(a), lcg(shape, 999))))(x);
  expectClose(channelsFirst(dx).dataSync(), gradients[0] as number[], 1e-5, 'gradient');
});
