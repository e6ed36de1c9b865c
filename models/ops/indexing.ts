/**
 * Choosing elements, with the gradients that tfjs lacks: strided slices, top-k, rows by index along the last axis, sums by segment, and a choice by
 * a condition that may itself be computed from what is differentiated. Nothing here reads a value. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { withoutGradient } from './basic.ts';

/** x[begin:end:stride] on each axis; strides are positive, ends lie within the shape. */
export function stridedSlice<T extends Tensor>(x: T, begin: number[], end: number[], strides: number[]): T {
  if (strides.some((stride) => stride < 1)) throw new Error(`strides of a slice must be 1 or more, not ${strides.join(', ')}`);
  const shape = x.shape;
  const operation = tf.customGrad((input) => ({
    value: tf.stridedSlice(input as Tensor, begin, end, strides),
    gradFunc: (dy: Tensor) => spread(dy, shape, begin, strides),
  }));
  return operation(x) as T;
}

/** Puts the elements of dy back where a strided slice took them from, with zeros between. */
function spread(dy: Tensor, shape: number[], begin: number[], strides: number[]): Tensor {
  return shape.reduce((gradient: Tensor, size, axis) => {
    const [start, stride, count] = [begin[axis] as number, strides[axis] as number, dy.shape[axis] as number];
    const [before, after] = [gradient.shape.slice(0, axis), gradient.shape.slice(axis + 1)];
    // [.., n, ..] → [.., n, 1, ..] → [.., n, stride, ..] → [.., n·stride, ..], then the ends.
    const single = tf.reshape(gradient, [...before, count, 1, ...after]);
    const gaps = alongAxis(single.rank, axis + 1, [0, stride - 1]);
    const spaced = stride === 1 ? gradient : tf.reshape(tf.pad(single, gaps), [...before, count * stride, ...after]);
    const room = Math.min(count * stride, size - start);
    const cut = room === count * stride ? spaced : tf.slice(spaced, new Array<number>(spaced.rank).fill(0), [...before, room, ...after]);
    return start === 0 && room === size ? cut : tf.pad(cut, alongAxis(cut.rank, axis, [start, size - start - room]));
  }, dy);
}

function alongAxis(rank: number, axis: number, sides: [number, number]): [number, number][] {
  return Array.from({ length: rank }, (_, at): [number, number] => (at === axis ? sides : [0, 0]));
}

/** Elements of the last axis by index: x [..., n], indices [..., k] int32 → [..., k]; PyTorch's gather along −1. */
function takeAlongLast(x: Tensor, indices: Tensor): Tensor {
  const size = x.shape.at(-1) as number;
  const count = indices.shape.at(-1) as number;
  const rows = x.size / size;
  const flat = withoutGradient(() => {
    const starts: Tensor2D = tf.reshape(tf.range(0, rows * size, size, 'int32'), [rows, 1]);
    return tf.reshape(tf.add(tf.reshape(indices, [rows, count]), starts), [rows * count]) as Tensor1D;
  });
  return tf.reshape(tf.gather(tf.reshape(x, [x.size]), flat), indices.shape);
}

/** The k largest of the last axis, largest first, with a gradient for the values. */
export function topK(x: Tensor, k: number): { values: Tensor; indices: Tensor } {
  const indices = withoutGradient(() => tf.topk(x, k).indices as Tensor);
  return { values: takeAlongLast(x, indices), indices };
}

/** Adds up rows with the same id: x [N, ...], ids [N] int32 → [count, ...]. */
export function segmentSum(x: Tensor, ids: Tensor1D, count: number): Tensor {
  const operation = tf.customGrad((input, save) => {
    (save as (tensors: Tensor[]) => void)([ids]);
    return { value: tf.unsortedSegmentSum(input as Tensor, ids, count), gradFunc: (dy: Tensor, saved: Tensor[]) => tf.gather(dy, saved[0] as Tensor1D) };
  });
  return operation(x);
}

/** a where the condition holds, else b; all three broadcast. The condition may depend on a and b: no gradient flows through it. */
export function where(condition: () => Tensor, a: Tensor, b: Tensor): Tensor {
  const mask = withoutGradient(() => tf.cast(condition(), 'bool'));
  return tf.where(mask, a, b);
}
