/**
 * 3-D convolution and pooling over clips [B, T, H, W, C] with PyTorch's padding; weights [out, in, t, h, w] in the state_dict.
 * A filter that reads one frame (1×k×k) runs as a 2-D one on [B·T, H, W, C]; t×1×1 and t×k×k stay whole, which was the fastest of the ways tried
 * (as 2-D over [B, T, H·W, C], as products of shifted frames, as frames stacked into channels). Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D, Tensor5D, Variable } from '@tensorflow/tfjs-core';
import { heOut, torchDefault } from '../parameters.ts';
import type { Init, ParameterSet } from '../parameters.ts';
import { convolve } from './convolution.ts';
import { addBias } from './matmul.ts';
import { padded, type Padding } from './padding.ts';

/** Time, height, width. */
export type Triple = [number, number, number];
export type Layer5D = (x: Tensor5D) => Tensor5D;

export interface Convolution3dOptions {
  in: number;
  out: number;
  kernel: number | Triple;
  stride?: number | Triple;
  /** Default: (kernel − 1) / 2 on every side. */
  padding?: Padding<Triple>;
  bias?: boolean;
  weightInit?: Init;
  biasInit?: Init;
}

/** x [B, T, H, W, in] → [B, T', H', W', out]. */
export function convolution3d(params: ParameterSet, name: string, options: Convolution3dOptions): Layer5D {
  const kernel = triple(options.kernel);
  const [time, height, width] = kernel;
  const padding = options.padding ?? (kernel.map((size) => (size - 1) / 2) as Triple);
  const weight = params.add(`${name}.weight`, {
    shape: [options.out, options.in, ...kernel],
    layout: 'conv',
    init: options.weightInit ?? heOut(time * height, width, options.out),
  }) as Variable<tf.Rank.R5>;
  const fanIn = options.in * time * height * width;
  const bias = options.bias ? params.add(`${name}.bias`, { shape: [options.out], init: options.biasInit ?? torchDefault(fanIn) }) : null;
  return (x) => {
    const y = convolve3d(x, weight, options.stride ?? 1, padding);
    return bias ? addBias(y, bias as Tensor1D) : y;
  };
}

/** weight [t, h, w, in, out]. */
export function convolve3d(x: Tensor5D, weight: Tensor5D, stride: number | Triple, padding: Padding<Triple>): Tensor5D {
  const kernel = weight.shape.slice(0, 3) as Triple;
  const strides = triple(stride);
  if (readsOneFrame(kernel, strides, padding)) {
    const [, height, width, from, to] = weight.shape;
    const filter: Tensor4D = tf.reshape(weight, [height, width, from, to]);
    return onFrames(x, (frames) => convolve(frames, filter, [strides[1], strides[2]], spatial(padding)));
  }
  const [input, rest] = padded(x, kernel, strides, everyAxis(padding), 0);
  return tf.conv3d(input, weight, strides, rest);
}

/** MaxPool3d(kernel, stride, padding): padded positions never win. */
export function maxPool3d(x: Tensor5D, kernel: number | Triple, stride: number | Triple = kernel, padding: Padding<Triple> = 0): Tensor5D {
  const [window, strides] = [triple(kernel), triple(stride)];
  if (readsOneFrame(window, strides, padding))
    return onFrames(x, (frames) => {
      const [input, rest] = padded(frames, window.slice(1), strides.slice(1), spatial(padding), -Infinity);
      return tf.maxPool(input, [window[1], window[2]], [strides[1], strides[2]], rest);
    });
  const [input, rest] = padded(x, window, strides, everyAxis(padding), -Infinity);
  return tf.maxPool3d(input, window, strides, rest);
}

/** AvgPool3d(kernel, stride, padding): padded positions count as zeros, as is PyTorch's default. */
export function avgPool3d(x: Tensor5D, kernel: number | Triple, stride: number | Triple = kernel, padding: number | Triple = 0): Tensor5D {
  const [window, strides, sides] = [triple(kernel), triple(stride), triple(padding)];
  // Never `same`: that divides by the number of positions inside.
  const input = sides.every((cells) => cells === 0) ? x : (tf.pad(x, [[0, 0], ...sides.map((cells): [number, number] => [cells, cells]), [0, 0]]) as Tensor5D);
  if (readsOneFrame(window, strides, [0, 0, 0]))
    return onFrames(input, (frames) => tf.avgPool(frames, [window[1], window[2]], [strides[1], strides[2]], 'valid'));
  return tf.avgPool3d(input, window, strides, 'valid');
}

function readsOneFrame(kernel: Triple, stride: Triple, padding: Padding<Triple>): boolean {
  return kernel[0] === 1 && stride[0] === 1 && (padding === 'same' || triple(padding)[0] === 0);
}

/** Runs a 2-D operation on every frame: [B, T, H, W, C] → [B·T, H, W, C] → [B, T, H', W', C']. */
function onFrames(x: Tensor5D, operation: (frames: Tensor4D) => Tensor4D): Tensor5D {
  const [clips, frames, height, width, channels] = x.shape;
  const y = operation(tf.reshape(x, [clips * frames, height, width, channels]));
  return tf.reshape(y, [clips, frames, y.shape[1], y.shape[2], y.shape[3]]);
}

function triple(value: number | Triple): Triple {
  return typeof value === 'number' ? [value, value, value] : value;
}

function everyAxis(padding: Padding<Triple>): Triple | 'same' {
  return padding === 'same' ? 'same' : triple(padding);
}

function spatial(padding: Padding<Triple>): [number, number] | 'same' {
  if (padding === 'same') return padding;
  const [, rows, columns] = triple(padding);
  return [rows, columns];
}
