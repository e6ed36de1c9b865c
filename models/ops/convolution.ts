/**
 * 2-D convolution, plain and depthwise, dilation and max pooling with PyTorch's symmetric padding, which differs from `same` at stride 2.
 * Test: test/models/ops.test.ts, test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { heOut, torchDefault } from '../parameters.ts';
import type { Init, ParameterSet } from '../parameters.ts';
import { addBias } from './matmul.ts';
import { nativePadding, type Padding } from './padding.ts';

export { linear } from './matmul.ts';

export interface ConvolutionOptions {
  in: number;
  out: number;
  kernel: number;
  stride?: number;
  /** Cells between the ones that a filter reads; 1 is a plain convolution. Only at stride 1. */
  dilation?: number;
  bias?: boolean;
  weightInit?: Init;
  biasInit?: Init;
  /** Stored as [out, in, 1, k, k], the name-for-name shape of an inflated 3-D network. */
  inflated?: boolean;
}

type Pair = [number, number];
type ExplicitPadding = tf.backend_util.ExplicitPadding;

export type Layer4D = (x: Tensor4D) => Tensor4D;

/** x [N, H, W, in] → [N, H', W', out], padding dilation·(kernel − 1) / 2 on every side. */
export function convolution(params: ParameterSet, name: string, options: ConvolutionOptions): Layer4D {
  const { kernel, stride = 1, dilation = 1 } = options;
  const padding = (dilation * (kernel - 1)) / 2;
  const weight = params.add(`${name}.weight`, {
    shape: options.inflated ? [options.out, options.in, 1, kernel, kernel] : [options.out, options.in, kernel, kernel],
    engineShape: [kernel, kernel, options.in, options.out],
    layout: 'conv',
    init: options.weightInit ?? heOut(kernel, kernel, options.out),
  }) as Variable<tf.Rank.R4>;
  const bias = options.bias ? params.add(`${name}.bias`, { shape: [options.out], init: options.biasInit ?? torchDefault(options.in * kernel * kernel) }) : null;
  return (x) => {
    const y = dilation === 1 ? convolve(x, weight, stride, padding) : convolveDilated(x, weight, dilation, padding);
    return bias ? addBias(y, bias as Tensor1D) : y;
  };
}

/** weight [h, w, in, out]; padding by cells on both sides of height and width. */
export function convolve(x: Tensor4D, weight: Tensor4D, stride: number | Pair, padding: Padding<Pair>): Tensor4D {
  return tf.conv2d(x, weight, pair(stride), planePadding(x, weight, stride, padding));
}

/** As the kernel calls it, or cell by cell: the kernel then pads as it reads, and no padded copy waits for the backward pass. */
function planePadding(x: Tensor4D, weight: Tensor4D, stride: number | Pair, padding: Padding<Pair>): 'valid' | 'same' | ExplicitPadding {
  if (padding === 'same') return padding;
  const [rows, columns] = pair(padding);
  const explicit: ExplicitPadding = [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ];
  return nativePadding(x, weight.shape.slice(0, 2), pair(stride), [rows, columns]) ?? explicit;
}

function pair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

/** A dilated convolution at stride 1 as a plain one on dilation² interleaved maps: tfjs has no gradient for dilation, nor has TensorFlow on the CPU. */
export function convolveDilated(x: Tensor4D, weight: Tensor4D, dilation: number, padding: number): Tensor4D {
  const [, height, width] = x.shape;
  const sides = [height, width].map((size) => {
    const filled = Math.ceil((size + 2 * padding) / dilation) * dilation;
    return { before: padding, after: filled - size - padding, results: size + 2 * padding - dilation * ((weight.shape[0] as number) - 1) };
  });
  const maps = tf.spaceToBatchND(
    x,
    [dilation, dilation],
    sides.map(({ before, after }) => [before, after]),
  );
  const convolved = tf.conv2d(maps, weight, 1, 'valid');
  const crops = sides.map(({ results }, axis) => [0, (convolved.shape[axis + 1] as number) * dilation - results]);
  return tf.batchToSpaceND(convolved, [dilation, dilation], crops);
}

export interface DepthwiseOptions {
  channels: number;
  kernel: number;
  stride?: number;
  bias?: boolean;
  weightInit?: Init;
  biasInit?: Init;
}

/** One filter a channel, Conv2d(C, C, k, groups=C): x [N, H, W, C] → [N, H', W', C], padding (kernel − 1) / 2; weight [C, 1, k, k] in the state_dict. */
export function depthwiseConvolution(params: ParameterSet, name: string, options: DepthwiseOptions): Layer4D {
  const { channels, kernel, stride = 1 } = options;
  const weight = params.add(`${name}.weight`, {
    shape: [channels, 1, kernel, kernel],
    engineShape: [kernel, kernel, channels, 1],
    layout: 'conv',
    init: options.weightInit ?? heOut(kernel, kernel, channels),
  }) as Variable<tf.Rank.R4>;
  const bias = options.bias ? params.add(`${name}.bias`, { shape: [channels], init: options.biasInit ?? torchDefault(kernel * kernel) }) : null;
  return (x) => {
    const y = convolveDepthwise(x, weight, stride, (kernel - 1) / 2);
    return bias ? addBias(y, bias as Tensor1D) : y;
  };
}

/** weight [k, k, C, 1]. */
export function convolveDepthwise(x: Tensor4D, weight: Tensor4D, stride: number, padding: number): Tensor4D {
  return tf.depthwiseConv2d(x, weight, stride, planePadding(x, weight, stride, padding));
}

/** MaxPool2d(kernel, stride, padding): padded positions never win. */
export function maxPool(x: Tensor4D, kernel: number, stride: number, padding = 0): Tensor4D {
  return padding === 0 ? tf.maxPool(x, kernel, stride, 'valid') : tf.maxPool(x, kernel, stride, padding, 'floor');
}
