/**
 * Matrix product of [..., in] with one matrix, and the linear layer on it. Leading axes are folded into rows before the product:
 * one large product instead of many small ones, and a gradient for the matrix that tfjs's broadcasting product lacks.
 * Where the backend has "BiasAddGrad", the bias's gradient is one pass. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { constant, torchDefault } from '../parameters.ts';
import type { Init, ParameterSet } from '../parameters.ts';
import { hasKernel } from './basic.ts';

export interface LinearOptions {
  in: number;
  out: number;
  bias?: boolean;
  weightInit?: Init;
  biasInit?: Init;
}

/** x [..., in] → [..., out]. */
export function linear(params: ParameterSet, name: string, options: LinearOptions): <T extends Tensor>(x: T) => T {
  const weight = params.add(`${name}.weight`, { shape: [options.out, options.in], layout: 'linear', init: options.weightInit ?? torchDefault(options.in) });
  const bias = (options.bias ?? true) ? params.add(`${name}.bias`, { shape: [options.out], init: options.biasInit ?? constant(0) }) : null;
  return (x) => {
    const y = matMul(x, weight as Variable<tf.Rank.R2>);
    return bias ? addBias(y, bias as Tensor1D) : y;
  };
}

/** x [..., in] · weight [in, out] → [..., out]. */
export function matMul<T extends Tensor>(x: T, weight: Tensor2D): T {
  if (x.rank === 2) return tf.matMul(x as Tensor, weight) as Tensor as T;
  const [inner, outer] = weight.shape;
  const rows: Tensor2D = tf.reshape(x, [x.size / inner, inner]);
  return tf.reshape(tf.matMul(rows, weight), [...x.shape.slice(0, -1), outer]) as Tensor as T;
}

const biased = tf.customGrad((...args) => {
  const [x, bias] = args as [Tensor, Tensor];
  const value = hasKernel('BiasAdd') ? tf.engine().runKernel<Tensor>('BiasAdd', { x, bias }) : tf.add(x, bias);
  return { value, gradFunc: (dy: Tensor) => [dy, sumOfRows(dy)] };
});

/** x [..., C] + bias [C]. */
export function addBias<T extends Tensor>(x: T, bias: Tensor1D): T {
  return biased(x, bias) as T;
}

/** Sum over every axis but the last: [..., C] → [C]. Not differentiable itself; gradients use it. */
export function sumOfRows(x: Tensor): Tensor1D {
  if (hasKernel('BiasAddGrad') && x.rank > 1) return tf.engine().runKernel<Tensor1D>('BiasAddGrad', { dy: x });
  return tf.sum(
    x,
    Array.from({ length: x.rank - 1 }, (_, axis) => axis),
  );
}
