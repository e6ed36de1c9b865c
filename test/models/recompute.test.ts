/** Recomputed parts against the same parts that keep everything: values, gradients, running statistics, op by op and recorded. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { resNet } from '../../models/backbones/resnet.ts';
import { isRecomputing, recompute } from '../../models/ops/recompute.ts';
import { ParameterSet } from '../../models/parameters.ts';
import { createRng } from '../../models/rng.ts';
import { stepRandom } from '../../models/train/stepTools.ts';
import { traced } from '../../src-main/engine/trace/traced.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../support/engine.ts';
import { lcg } from './golden.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

/** Loss, gradients and then running statistics of one training step of a small network. */
function step(options: { depth: 18 | 50; recompute?: boolean; largeMap?: number; recorded: boolean }): { name: string; values: Float32Array }[] {
  const params = new ParameterSet(createRng(3));
  const network = resNet(params, { lastStride: 1, width: 0.125, ...options });
  const trained = params.list.filter(({ trainable }) => trainable);
  const images = lcg([4, 32, 16, 3], 5) as tf.Tensor4D;
  const body = ([x]: tf.Tensor[]): tf.Tensor[] => {
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(network.features(x as tf.Tensor4D, { training: true, frames: 1 }))) as tf.Scalar,
      trained.map(({ variable }) => variable),
    );
    return [value, ...trained.map(({ variable }) => grads[variable.name] as tf.Tensor)];
  };
  const run = options.recorded ? traced((inputs) => body(inputs), { variables: params.list.map(({ variable }) => variable) }) : null;
  const outputs = run ? run([images]) : tf.tidy(() => body([images]));
  const result = [
    ...outputs.map((tensor, i) => ({ name: i === 0 ? 'loss' : (trained[i - 1]?.name ?? ''), values: tensor.dataSync<'float32'>().slice() })),
    ...params.list.filter(({ trainable }) => !trainable).map(({ name, variable }) => ({ name, values: variable.dataSync<'float32'>().slice() })),
  ];
  run?.dispose();
  tf.dispose([outputs, images]);
  params.dispose();
  return result;
}

describe.each([
  ['basic blocks, op by op', 18, false],
  ['bottlenecks, op by op', 50, false],
  ['basic blocks, recorded', 18, true],
  ['bottlenecks, recorded', 50, true],
] as const)('ResNet, %s', (_name, depth, recorded) => {
  test.each([
    ['blocks', { recompute: true }],
    ['norms', { largeMap: 1 }],
    ['norms and blocks', { largeMap: 1, recompute: true }],
  ])('%s again: loss, gradients and running statistics are those of the network that keeps everything', (_parts, parts) => {
    const before = tf.memory().numTensors;
    const kept = step({ depth, largeMap: Infinity, recorded });
    const again = step({ depth, ...parts, recorded });
    expect(again.map(({ name }) => name)).toEqual(kept.map(({ name }) => name));
    again.forEach(({ name, values }, i) => {
      const wanted = kept[i]?.values as Float32Array;
      const scale = Math.max(...wanted.map(Math.abs), 1e-6);
      const difference = Math.max(...values.map((value, k) => Math.abs(value - (wanted[k] as number))));
      expect(difference / scale, name).toBeLessThan(1e-5);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('the part runs twice, and knows the second time', () => {
  const calls: boolean[] = [];
  const w = tf.variable(tf.scalar(3));
  const x = tf.tensor1d([1, 2]);
  tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((input: tf.Tensor) => {
      const y = recompute(
        (part: tf.Tensor) => {
          calls.push(isRecomputing());
          return tf.mul(tf.square(part), w);
        },
        tf.mul(input, 2),
        [w],
      );
      return tf.sum(tf.mul(y, y)) as tf.Scalar;
    })([x]);
    // y = 3·(2x)² = 12x², and the sum of 144x⁴ has the derivative 576x³.
    expect(value.dataSync()[0]).toBe(144 * 17);
    expect([...(grads[0] as tf.Tensor).dataSync()]).toEqual([576, 4608]);
  });
  expect(calls).toEqual([false, true]);
  expect(isRecomputing()).toBe(false);
  tf.dispose([w, x]);
});

test('random numbers inside are an error, because the second pass would draw others', () => {
  const random = stepRandom(() => createRng(1));
  const x = tf.tensor1d([1, 2]);
  const loss = (input: tf.Tensor) => tf.sum(recompute((part: tf.Tensor) => tf.mul(part, random.uniform([2])), input, [])) as tf.Scalar;
  expect(() => tf.tidy(() => tf.grads(loss)([x]))).toThrow('draws random numbers');
  x.dispose();
});
