/** The non-local block against figures measured in AP3D's NonLocal.py (float64): evaluation, and training with gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { nonLocal } from '../../../models/blocks/nonLocal.ts';
import { ParameterSet } from '../../../models/parameters.ts';
import { createRng } from '../../../models/rng.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { channelsFirst, channelsLast, expectSummary, lcg, sine, sineFill, summary } from '../golden.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const SHAPE = [2, 64, 4, 8, 4];

function build() {
  const params = new ParameterSet(createRng(1));
  const layer = nonLocal(params, 'nl', 64, { subSample: true });
  // [B, C, T, H, W] → the block on [B·T, H, W, C] → [B, C, T, H, W]
  const run = (x: tf.Tensor, training: boolean): tf.Tensor => {
    const clips = channelsLast(x);
    const [b, t, h, w, c] = clips.shape as [number, number, number, number, number];
    return channelsFirst(tf.reshape(layer(tf.reshape(clips, [b * t, h, w, c]), { training, frames: t }), [b, t, h, w, c]));
  };
  return { params, run };
}

test('names and order of its twelve tensors', () => {
  const { params } = build();
  expect(params.list.map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
    'nl.g.0.weight 32×64×1×1×1',
    'nl.g.0.bias 32',
    'nl.theta.weight 32×64×1×1×1',
    'nl.theta.bias 32',
    'nl.phi.0.weight 32×64×1×1×1',
    'nl.phi.0.bias 32',
    'nl.W.0.weight 64×32×1×1×1',
    'nl.W.0.bias 64',
    'nl.W.1.weight 64',
    'nl.W.1.bias 64',
    'nl.W.1.running_mean 64',
    'nl.W.1.running_var 64',
  ]);
});

test('is an identity at the start', () => {
  const { run } = build();
  const x = lcg(SHAPE, 3);
  expect(tf.max(tf.abs(tf.sub(run(x, false), x))).dataSync()[0]).toBe(0);
});

test('evaluation', () => {
  const { params, run } = build();
  sineFill(params.list);
  expectSummary(
    summary(run(sine([1, 64, 4, 8, 4]), false).dataSync()),
    { mean: 9.99902e-3, l2: 6.480045e1, first: 7.071835e-2, middle: 4.27758e-1, last: 9.364897e-1 },
    2e-5,
    64 * 4 * 8 * 4,
  );
});

test('training: output, loss and the norms of all gradients', () => {
  const { params, run } = build();
  sineFill(params.list);
  const x = lcg(SHAPE, 1);
  const w = lcg(SHAPE, 999);
  const y = run(x, true).dataSync();
  const { mean, l2 } = summary(y);
  expect(mean).toBeCloseTo(1.599878e-3, 6);
  expect(l2 / 1.487508e2).toBeCloseTo(1, 5);
  const input = tf.variable(x);
  const trained = params.list.filter(({ trainable }) => trainable).map(({ variable }) => variable);
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(run(input, true), w)), [input, ...trained]);
  expect(value.dataSync()[0]! / 1.118424e1).toBeCloseTo(1, 4);
  const norm = (tensors: tf.Tensor[]) => Math.sqrt(tensors.reduce((sum, tensor) => sum + summary(tensor.dataSync()).l2 ** 2, 0));
  expect(norm([grads[input.name] as tf.Tensor]) / 2.881876e2).toBeCloseTo(1, 4);
  expect(norm(trained.map(({ name }) => grads[name] as tf.Tensor)) / 2.886629e3).toBeCloseTo(1, 3);
});
