/**
 * 2-D convolution and max pooling with PyTorch's symmetric padding, which differs from `same` at stride 2.
 * Numeric padding has no kernel in the TensorFlow backend, so uneven cases pad first and run `valid`. Test: test/models/ops.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { constant, heOut, torchDefault } from '../parameters.ts';
import type { Init, ParameterSet } from '../parameters.ts';

export interface ConvolutionOptions {
  in: number;
  out: number;
  kernel: number;
  stride?: number;
  bias?: boolean;
  weightInit?: Init;
  biasInit?: Init;
  /** Stored as [out, in, 1, k, k], the name-for-name shape of an inflated 3-D network. */
  inflated?: boolean;
}

export type Layer4D = (x: Tensor4D) => Tensor4D;

/** x [N, H, W, in] → [N, H', W', out], padding (kernel − 1) / 2 on every side. */
export function convolution(params: ParameterSet, name: string, options: ConvolutionOptions): Layer4D {
  const { kernel, stride = 1 } = options;
  const padding = (kernel - 1) / 2;
  const weight = params.add(`${name}.weight`, {
    shape: options.inflated ? [options.out, options.in, 1, kernel, kernel] : [options.out, options.in, kernel, kernel],
    engineShape: [kernel, kernel, options.in, options.out],
    layout: 'conv',
    init: options.weightInit ?? heOut(kernel, kernel, options.out),
  });
  const bias = options.bias ? params.add(`${name}.bias`, { shape: [options.out], init: options.biasInit ?? torchDefault(options.in * kernel * kernel) }) : null;
  return (x) => {
    const y = convolve(x, weight as Variable<tf.Rank.R4>, stride, padding);
    return bias ? tf.add(y, bias) : y;
  };
}

export function convolve(x: Tensor4D, weight: Tensor4D, stride: number, padding: number): Tensor4D {
  if (padding === 0) return tf.conv2d(x, weight, stride, 'valid');
  // At stride 1 an odd kernel with half padding is exactly `same`, which saves a copy of the input.
  if (stride === 1 && weight.shape[0] === 2 * padding + 1 && weight.shape[1] === 2 * padding + 1) return tf.conv2d(x, weight, 1, 'same');
  return tf.conv2d(padSpace(x, padding, 0), weight, stride, 'valid');
}

/** MaxPool2d(kernel, stride, padding): padded positions never win. */
export function maxPool(x: Tensor4D, kernel: number, stride: number, padding = 0): Tensor4D {
  return tf.maxPool(padding === 0 ? x : padSpace(x, padding, -Infinity), kernel, stride, 'valid');
}

export function padSpace(x: Tensor4D, padding: number, value: number): Tensor4D {
  return tf.pad(
    x,
    [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ],
    value,
  );
}

export interface LinearOptions {
  in: number;
  out: number;
  bias?: boolean;
  weightInit?: Init;
  biasInit?: Init;
}

/** x [N, in] → [N, out]. */
export function linear(params: ParameterSet, name: string, options: LinearOptions): (x: Tensor2D) => Tensor2D {
  const weight = params.add(`${name}.weight`, { shape: [options.out, options.in], layout: 'linear', init: options.weightInit ?? torchDefault(options.in) });
  const bias = (options.bias ?? true) ? params.add(`${name}.bias`, { shape: [options.out], init: options.biasInit ?? constant(0) }) : null;
  return (x) => {
    const y: Tensor2D = tf.matMul(x, weight as Variable<tf.Rank.R2>);
    return bias ? tf.add(y, bias) : y;
  };
}
