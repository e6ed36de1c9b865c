/** Convolution, pooling and batch-norm kernels of both engines, values and gradients, against plain loops in double precision. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type EngineInfo } from '../../../src-main/engine/openEngine.ts';
import { traced } from '../../../src-main/engine/trace/traced.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { naiveAveragePool, naiveConvolution, naiveMaxPool, pattern, samePadding, type Grid, type WindowOptions } from './naiveWindows.ts';

type Explicit = [[number, number], [number, number], [number, number], [number, number]];
type Pad2d = 'valid' | 'same' | number | Explicit;

const PADDINGS: [name: string, filter: number, stride: number, pad: Pad2d][] = [
  ['valid', 3, 1, 'valid'],
  ['same', 3, 1, 'same'],
  ['same, stride 2', 3, 2, 'same'],
  ['1 on every side, stride 2, as in PyTorch', 3, 2, 1],
  ['3 on every side of a 7×7 filter', 7, 2, 3],
  ['1×1, which is a product of matrices', 1, 1, 'valid'],
  ['1×1, stride 2', 1, 2, 'valid'],
  [
    'a side of its own',
    3,
    2,
    [
      [0, 0],
      [1, 0],
      [0, 2],
      [0, 0],
    ],
  ],
];

/** Odd and even: with stride 2, a border of one cell is not the same thing on both. */
const SIZES: [number, number][] = [
  [9, 7],
  [8, 6],
];
const paddingsBySize = PADDINGS.flatMap((padding) => SIZES.map((size) => [...padding, size] as const));

function toTensor<T extends tf.Tensor>(grid: Grid): T {
  return tf.tensor(grid.values, grid.shape, 'float32') as T;
}

function windowOf(x: Grid, filter: number, stride: number, pad: Pad2d): WindowOptions {
  const space = x.shape.slice(1, -1);
  const each = (value: number): number[] => space.map(() => value);
  const sides =
    pad === 'valid'
      ? { before: each(0), after: each(0) }
      : pad === 'same'
        ? samePadding(space, each(filter), each(stride))
        : typeof pad === 'number'
          ? { before: each(pad), after: each(pad) }
          : { before: [pad[1][0], pad[2][0]], after: [pad[1][1], pad[2][1]] };
  return { filter: each(filter), stride: each(stride), ...sides };
}

/** [f(inputs), df/dinputs…] for a given upstream gradient, as plain arrays; the same in a recorded step, where kernels may go another way. */
function valueAndGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: Grid[], dy: Grid): Grid[] {
  const compute = (tensors: tf.Tensor[]): tf.Tensor[] => {
    const own = tensors.slice(0, -1);
    return [f(...own), ...tf.grads(f)(own, tensors.at(-1) as tf.Tensor)];
  };
  const grids = (run: (tensors: tf.Tensor[]) => tf.Tensor[]): Grid[] => {
    const results: Grid[] = [];
    tf.tidy(() => {
      for (const tensor of run([...inputs, dy].map((grid) => toTensor(grid)))) results.push({ shape: tensor.shape, values: [...tensor.dataSync()] });
    });
    return results;
  };
  const eager = grids(compute);
  const recorded = traced(compute);
  expectClose(grids(recorded), eager);
  recorded.dispose();
  return eager;
}

function expectClose(actual: Grid[], expected: Grid[]): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  actual.forEach(({ values }, which) => {
    values.forEach((value, index) => {
      const wanted = expected[which]!.values[index]!;
      const error = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
      if (!(error < 1e-4)) throw new Error(`result ${which}, element ${index}: ${value} instead of ${wanted}`);
    });
  });
}

const rounding = (pad: Pad2d): 'floor' | undefined => (typeof pad === 'string' ? undefined : 'floor');

describe.each(['cpu', 'wasm'] as const)('device %s', (device) => {
  let engine: EngineInfo;
  beforeAll(async () => {
    engine = device === 'cpu' ? await requireEngine() : await openEngine({ device, paths: {} });
  }, ENGINE_TIMEOUT_MS);

  it.each(paddingsBySize)('convolves, %s', (_, filter, stride, pad, size) => {
    const x = pattern([2, ...size, 3], 1);
    const w = pattern([filter, filter, 3, 4], 2);
    const { y, dx, dw, dy } = naiveConvolution(x, w, windowOf(x, filter, stride, pad));
    expectClose(
      valueAndGradients((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding(pad)), [x, w], dy),
      [y, dx, dw],
    );
  });

  it.each(paddingsBySize)('convolves depthwise, %s', (_, filter, stride, pad, size) => {
    const x = pattern([2, ...size, 3], 3);
    const w = pattern([filter, filter, 3, 2], 4);
    const { y, dx, dw, dy } = naiveConvolution(x, w, windowOf(x, filter, stride, pad), true);
    expectClose(
      valueAndGradients((a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding(pad)), [x, w], dy),
      [y, dx, dw],
    );
  });

  it('survives a 1×1 filter with a stride and few channels on a large map', () => {
    // oneDNN's own filter gradient writes beyond its memory there.
    const x = pattern([1, 64, 64, 4], 5);
    const w = pattern([1, 1, 4, 8], 6);
    const { y, dx, dw, dy } = naiveConvolution(x, w, windowOf(x, 1, 2, 'valid'));
    for (let i = 0; i < 20; i++)
      expectClose(
        valueAndGradients((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'valid'), [x, w], dy),
        [y, dx, dw],
      );
  });

  it('convolves dilated, forward', () => {
    const x = pattern([1, 9, 8, 2], 5);
    const w = pattern([3, 3, 2, 3], 6);
    const { y } = naiveConvolution(x, w, { filter: [3, 3], stride: [1, 1], before: [2, 2], after: [2, 2], dilation: [2, 2] });
    const actual = tf.tidy(() => [...tf.conv2d(toTensor<tf.Tensor4D>(x), toTensor<tf.Tensor4D>(w), 1, 2, 'NHWC', 2, 'floor').dataSync()]);
    expectClose([{ shape: y.shape, values: actual }], [y]);
  });

  it('convolves with bias and rectifier in one call', () => {
    const x = pattern([1, 5, 5, 2], 5);
    const w = pattern([3, 3, 2, 3], 6);
    const { y } = naiveConvolution(x, w, windowOf(x, 3, 2, 1));
    const bias = [0.5, -0.25, 1];
    const expected = y.values.map((value, index) => Math.max(0, value + bias[index % 3]!));
    const actual = tf.tidy(() => [
      ...tf.fused
        .conv2d({
          x: toTensor<tf.Tensor4D>(x),
          filter: toTensor<tf.Tensor4D>(w),
          strides: 2,
          pad: 1,
          dimRoundingMode: 'floor',
          bias: tf.tensor1d(bias),
          activation: 'relu',
        })
        .dataSync(),
    ]);
    expectClose([{ shape: y.shape, values: actual }], [{ shape: y.shape, values: expected }]);
  });

  it.each([
    [[3, 1, 1], 1, 'same'],
    [[3, 3, 3], 1, 'same'],
    [[3, 3, 3], 2, 'same'],
    [[2, 3, 3], 2, 'valid'],
  ] as [number[], number, 'same' | 'valid'][])('convolves in time and space, filter %j, stride %i, %s', (filter, stride, pad) => {
    const x = pattern([1, 4, 5, 6, 2], 7);
    const w = pattern([...filter, 2, 3], 8);
    const strides = [stride, stride, stride];
    const sides = pad === 'same' ? samePadding([4, 5, 6], filter, strides) : { before: [0, 0, 0], after: [0, 0, 0] };
    const { y, dx, dw, dy } = naiveConvolution(x, w, { filter, stride: strides, ...sides });
    expectClose(
      valueAndGradients((a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, stride, pad), [x, w], dy),
      [y, dx, dw],
    );
  });

  it.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [3, 2, 1],
    [3, 1, 'same'],
  ] as [number, number, 'same' | 'valid' | number][])('pools the maximum, %i×, stride %i, padding %s', (filter, stride, pad) => {
    for (const size of SIZES) {
      const x = pattern([2, ...size, 3], 9);
      const { y, dx, dy } = naiveMaxPool(x, windowOf(x, filter, stride, pad));
      expectClose(
        valueAndGradients((a) => tf.maxPool(a as tf.Tensor4D, filter, stride, pad, rounding(pad)), [x], dy),
        [y, dx],
      );
    }
  });

  it('sends the gradient of equal maxima to the first cell only', () => {
    const x: Grid = { shape: [1, 4, 4, 1], values: [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 0, 0, 2, 2, 0, 0] };
    for (const [filter, pad] of [
      [2, 'valid'],
      [3, 1],
    ] as const) {
      const { y, dx, dy } = naiveMaxPool(x, windowOf(x, filter, 2, pad));
      expectClose(
        valueAndGradients((a) => tf.maxPool(a as tf.Tensor4D, filter, 2, pad, rounding(pad)), [x], dy),
        [y, dx],
      );
    }
  });

  it.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [3, 1, 'same'],
  ] as [number, number, 'same' | 'valid'][])('pools the average, %i×, stride %i, padding %s', (filter, stride, pad) => {
    const x = pattern([2, 9, 7, 3], 10);
    const { y, dx, dy } = naiveAveragePool(x, windowOf(x, filter, stride, pad));
    expectClose(
      valueAndGradients((a) => tf.avgPool(a as tf.Tensor4D, filter, stride, pad), [x], dy),
      [y, dx],
    );
  });

  it.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
  ] as [number, number, 'same' | 'valid'][])('pools clips, %i×, stride %i, padding %s', (filter, stride, pad) => {
    const x = pattern([1, 4, 6, 5, 2], 11);
    const options = windowOf(x, filter, stride, pad);
    const max = naiveMaxPool(x, options);
    expectClose(
      valueAndGradients((a) => tf.maxPool3d(a as tf.Tensor5D, filter, stride, pad), [x], max.dy),
      [max.y, max.dx],
    );
    const average = naiveAveragePool(x, options);
    expectClose(
      valueAndGradients((a) => tf.avgPool3d(a as tf.Tensor5D, filter, stride, pad), [x], average.dy),
      [average.y, average.dx],
    );
  });

  it('adds up the gradient of rows that were gathered twice, on either axis', () => {
    const x = pattern([3, 4], 12);
    const rows = tf.tensor1d([2, 0, 2], 'int32');
    const gradient = (axis: number, dy: number[], shape: number[]): number[] =>
      tf.tidy(() => [
        ...tf
          .grad((a: tf.Tensor) => tf.gather(a, rows, axis))(toTensor(x), tf.tensor(dy, shape))
          .dataSync(),
      ]);
    expect(gradient(0, [1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40], [3, 4])).toEqual([5, 6, 7, 8, 0, 0, 0, 0, 11, 22, 33, 44]);
    expect(gradient(1, [1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3])).toEqual([2, 0, 4, 0, 5, 0, 10, 0, 8, 0, 16, 0]);
    rows.dispose();
  });

  it('differentiates softmax cross-entropy: probability minus truth', () => {
    const logits = [1, 2, 3, 0];
    const sum = logits.reduce((total, value) => total + Math.exp(value), 0);
    const gradient = tf.tidy(() => [
      ...tf
        .grad((a: tf.Tensor) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(a), tf.tensor2d([[0, 1, 0, 0]])))))(tf.tensor2d([logits]))
        .dataSync(),
    ]);
    expectClose([{ shape: [4], values: gradient }], [{ shape: [4], values: logits.map((value, index) => Math.exp(value) / sum - (index === 1 ? 1 : 0)) }]);
  });

  it('leaves no tensor behind in training steps of a small network', () => {
    const w = tf.variable(toTensor<tf.Tensor4D>(pattern([3, 3, 3, 4], 13)));
    const w2 = tf.variable(toTensor<tf.Tensor2D>(pattern([4, 5], 14)));
    const x = toTensor<tf.Tensor4D>(pattern([2, 8, 6, 3], 15));
    const loss = (): tf.Scalar => {
      const pooled = tf.maxPool(tf.relu(tf.conv2d(x, w, 2, 1, 'NHWC', 1, 'floor')), 3, 2, 1, 'floor');
      return tf.neg(tf.sum(tf.mul(tf.logSoftmax(tf.matMul(tf.mean(pooled, [1, 2]) as tf.Tensor2D, w2)), 0.1))) as tf.Scalar;
    };
    const step = (): void => {
      const { value, grads } = tf.variableGrads(loss, [w, w2]);
      tf.tidy(() => [w, w2].forEach((variable) => variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, 0.01)))));
      tf.dispose([value, grads]);
    };
    for (let index = 0; index < 20; index++) step();
    const before = { tensors: tf.memory().numTensors, native: engine.numTensorsNative(), memory: process.memoryUsage.rss() };
    const steps = device === 'cpu' ? 500 : 60;
    for (let index = 0; index < steps; index++) step();
    expect({ tensors: tf.memory().numTensors, native: engine.numTensorsNative() }).toEqual({ tensors: before.tensors, native: before.native });
    // Handles are counted above; this is for memory that no handle names, and leaves room for the garbage collector.
    expect(process.memoryUsage.rss() - before.memory).toBeLessThan(200e6);
    tf.dispose([w, w2, x]);
  });
});

describe('kernels of the TensorFlow engine alone', () => {
  beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

  it('normalises a batch as one operation, with the statistics that PyTorch keeps', () => {
    const x = pattern([2, 3, 2, 2], 16);
    const [y, mean, variance] = tf.tidy(() =>
      tf
        .engine()
        .runKernel<tf.Tensor[]>(
          'FusedBatchNormTrain',
          {
            x: toTensor(x),
            scale: tf.tensor1d([2, 0.5]),
            offset: tf.tensor1d([1, -1]),
            runningMean: tf.tensor1d([3, -2]),
            runningVariance: tf.tensor1d([5, 7]),
          },
          { epsilon: 1e-3, momentum: 0.1 },
        )
        .slice(0, 3)
        .map((tensor) => [...tensor.dataSync()]),
    ) as [number[], number[], number[]];
    const expected = batchNorm(x.values, [2, 0.5], [1, -1]);
    expectClose(
      [
        { shape: [], values: y },
        { shape: [], values: mean },
        { shape: [], values: variance },
      ],
      [
        { shape: [], values: expected.y },
        { shape: [], values: expected.mean.map((value, channel) => 0.9 * [3, -2][channel]! + 0.1 * value) },
        { shape: [], values: expected.variance.map((value, channel) => 0.9 * [5, 7][channel]! + 0.1 * value) },
      ],
    );
  });

  it('passes the gradient of a rectifier where its output is above zero', () => {
    const gradient = tf.tidy(() =>
      tf
        .engine()
        .runKernel<tf.Tensor>('ReluGrad', { dy: tf.tensor1d([1, 2, 3, 4]), y: tf.tensor1d([0, 0.5, 0, 7]) })
        .dataSync(),
    );
    expect(gradient).toEqual(new Float32Array([0, 2, 0, 4]));
  });

  it('gives whole numbers where TensorFlow gives 64-bit ones', () => {
    const indices = tf.tidy(() =>
      tf
        .argMax(
          tf.tensor2d([
            [1, 5, 3],
            [9, 2, 4],
          ]),
          1,
        )
        .dataSync(),
    );
    expect(indices).toEqual(new Int32Array([1, 0]));
  });

  // tfjs's wasm backend divides an average's gradient by the whole window, also at the edge.
  it.each([
    [3, 2, 1],
    [2, 1, 1],
    [2, 3, 2],
    [
      3,
      1,
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
    ],
  ] as [number, number, number | tf.backend_util.ExplicitPadding][])(
    'pools with cells outside that never count, %i×, stride %i, padding %j',
    (filter, stride, pad) => {
      const x = pattern([2, 9, 7, 3], 12);
      const options = windowOf(x, filter, stride, pad);
      const average = naiveAveragePool(x, options);
      expectClose(
        valueAndGradients((a) => tf.avgPool(a as tf.Tensor4D, filter, stride, pad), [x], average.dy),
        [average.y, average.dx],
      );
      const max = naiveMaxPool(x, options);
      if (max.y.values.every(Number.isFinite)) {
        expectClose(
          valueAndGradients((a) => tf.maxPool(a as tf.Tensor4D, filter, stride, pad), [x], max.dy),
          [max.y, max.dx],
        );
      }
    },
  );

  it('pools clips with numeric padding', () => {
    const x = pattern([1, 4, 6, 5, 2], 13);
    const options = windowOf(x, 3, 2, 1);
    const max = naiveMaxPool(x, options);
    expectClose(
      valueAndGradients((a) => tf.maxPool3d(a as tf.Tensor5D, 3, 2, 1, 'floor'), [x], max.dy),
      [max.y, max.dx],
    );
    const average = naiveAveragePool(x, options);
    expectClose(
      valueAndGradients((a) => tf.avgPool3d(a as tf.Tensor5D, 3, 2, 1, 'floor'), [x], average.dy),
      [average.y, average.dx],
    );
  });

  it('rounds an output size up by one more window over the edge', () => {
    const x = pattern([1, 6, 6, 2], 14);
    const { filter, stride, before } = windowOf(x, 3, 2, 1);
    const { y, dx, dy } = naiveMaxPool(x, { filter, stride, before, after: [2, 2] });
    expect(y.shape).toEqual([1, 4, 4, 2]);
    expectClose(
      valueAndGradients((a) => tf.maxPool(a as tf.Tensor4D, 3, 2, 1, 'ceil'), [x], dy),
      [y, dx],
    );
  });

  it('adds one bias a channel to a convolution in either layout', () => {
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 8), [2, 2, 2, 1]) as tf.Tensor4D;
      const filter = tf.ones([1, 1, 1, 2]) as tf.Tensor4D;
      const options = { filter, strides: 1, pad: 'valid' as const, bias: tf.tensor1d([10, 20]) };
      const last = tf.fused.conv2d({ ...options, x });
      const first = tf.fused.conv2d({ ...options, x: tf.transpose(x, [0, 3, 1, 2]), dataFormat: 'NCHW' });
      expect(Array.from(last.dataSync())).toEqual([0, 1, 2, 3, 4, 5, 6, 7].flatMap((value) => [value + 10, value + 20]));
      expect(tf.transpose(first, [0, 2, 3, 1]).arraySync()).toEqual(last.arraySync());
    });
  });
});

/** [N, H, W, 2] flat; biased variance normalises, unbiased is reported. */
function batchNorm(x: number[], scale: number[], offset: number[]): { y: number[]; mean: number[]; variance: number[] } {
  const count = x.length / 2;
  const channel = (c: number): number[] => x.filter((_, index) => index % 2 === c);
  const mean = [0, 1].map((c) => channel(c).reduce((sum, value) => sum + value, 0) / count);
  const biased = [0, 1].map((c) => channel(c).reduce((sum, value) => sum + (value - mean[c]!) ** 2, 0) / count);
  const y = x.map((value, index) => ((value - mean[index % 2]!) / Math.sqrt(biased[index % 2]! + 1e-3)) * scale[index % 2]! + offset[index % 2]!);
  return { y, mean, variance: biased.map((value) => (value * count) / (count - 1)) };
}
