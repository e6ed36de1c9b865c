/** Losses and their gradients against PyTorch (test/golden/tools/make_small.py), and the figures read from official code. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { crossEntropy } from '../../models/losses/crossEntropy.ts';
import { batchHardTriplet } from '../../models/losses/triplet.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../support/engine.ts';
import { expectClose, golden, lcg, sine } from './golden.ts';

interface Small {
  crossEntropy: { smoothing: number; labels: number[]; loss: number; gradient: number[] }[];
  triplet: { kind: 'cosine' | 'euclidean'; margin: number; labels: number[]; loss: number; gradient: number[] }[];
}
const small = golden<Small>('small');
const labelled = (labels: number[]) => tf.tensor1d(labels, 'int32');
const scalar = (x: tf.Tensor) => x.dataSync()[0] as number;

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

test.each(small.crossEntropy)('cross-entropy, smoothing $smoothing', ({ smoothing, labels, loss, gradient }) => {
  const x = lcg([6, 7], 3);
  const run = (a: tf.Tensor) => crossEntropy(tf.mul(a, 3), labelled(labels), smoothing);
  expect(scalar(run(x))).toBeCloseTo(loss, 5);
  expectClose(tf.grad(run)(x).dataSync(), gradient, 1e-5);
});

test.each(small.triplet)('batch-hard triplet, $kind, margin $margin', ({ kind, margin, labels, loss, gradient }) => {
  const x = lcg([8, 16], 5);
  const run = (a: tf.Tensor) => batchHardTriplet(a as tf.Tensor2D, labelled(labels), margin, kind);
  expect(scalar(run(x))).toBeCloseTo(loss, 5);
  expectClose(tf.grad(run)(x).dataSync(), gradient, 1e-4);
});

describe('figures measured in official code', () => {
  const features = () => sine([8, 16]) as tf.Tensor2D;
  const labels = () => labelled([0, 0, 0, 0, 1, 1, 2, 2]);
  test('triplet, cosine, margin .5', () => expect(scalar(batchHardTriplet(features(), labels(), 0.5, 'cosine'))).toBeCloseTo(0.5319765155, 5));
  test('triplet, Euclidean, margin .3', () => expect(scalar(batchHardTriplet(features(), labels(), 0.3, 'euclidean'))).toBeCloseTo(0.6663987071, 5));
  test('cross-entropy, smoothing .1', () =>
    expect(scalar(crossEntropy(sine([4, 5]) as tf.Tensor2D, labelled([0, 1, 2, 4]), 0.1))).toBeCloseTo(1.6138311043, 5));
});

test('a batch of one identity has no negatives: the triplet is zero and so is its gradient', () => {
  const run = (a: tf.Tensor) => batchHardTriplet(a as tf.Tensor2D, labelled([7, 7, 7]), 0.3, 'euclidean');
  const x = lcg([3, 4], 1);
  expect(scalar(run(x))).toBe(0);
  expect([...tf.grad(run)(x).dataSync()].every((value) => value === 0)).toBe(true);
});

test('losses leave no tensors behind', () => {
  const x = lcg([8, 16], 5) as tf.Tensor2D;
  const labels = labelled([0, 0, 0, 1, 1, 2, 2, 2]);
  const run = () =>
    tf.dispose(
      tf.tidy(() => tf.grad((a) => tf.add(batchHardTriplet(a as tf.Tensor2D, labels, 0.3, 'cosine'), crossEntropy(a as tf.Tensor2D, labels, 0.1)))(x)),
    );
  run();
  const before = tf.memory().numTensors;
  run();
  expect(tf.memory().numTensors).toBe(before);
});
