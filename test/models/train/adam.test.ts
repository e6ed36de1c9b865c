/** Adam against torch.optim.Adam over six steps with weight decay and a falling rate (test/golden/tools/make_small.py). */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { Parameter } from '../../../models/method.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { optimizerState, restoreOptimizer } from '../../../models/train/optimizer.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { expectClose, golden } from '../golden.ts';

interface Fixture {
  start: number[];
  weightDecay: number;
  steps: { learningRate: number; gradient: number[]; parameter: number[] }[];
}
const { adam: fixture } = golden<{ adam: Fixture }>('small');

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

function parameter(): Parameter {
  const same = (values: Float32Array) => values.slice();
  return { name: 'w', shape: [5], variable: tf.variable(tf.tensor1d(fixture.start)), trainable: true, fromTorch: same, toTorch: same };
}

test('equals PyTorch step by step, and again when restored in the middle', () => {
  const p = parameter();
  let adam = createAdam([p], fixture.weightDecay);
  fixture.steps.forEach(({ learningRate, gradient, parameter: wanted }, i) => {
    if (i === 3) {
      const saved = optimizerState(adam);
      adam.dispose();
      adam = createAdam([p], fixture.weightDecay);
      restoreOptimizer(adam, saved);
    }
    adam.apply({ [p.variable.name]: tf.tensor1d(gradient) }, tf.tensor1d(adam.factors(i + 1, learningRate)));
    expectClose(p.variable.dataSync(), wanted, 1e-6);
  });
});

test('frozen parameters have no state, a wrong saved state is named', () => {
  const frozen = { ...parameter(), trainable: false };
  expect(createAdam([frozen], 0).state).toEqual([]);
  const adam = createAdam([parameter()], 0);
  const [, second] = [...optimizerState(adam)] as [unknown, [string, { shape: number[]; values: Float32Array }]];
  expect(() => restoreOptimizer(adam, new Map([['first.v', second[1]], second]))).toThrow('"first.w" is missing');
  expect(() => restoreOptimizer(adam, new Map([['first.w', { shape: [2], values: new Float32Array(2) }]]))).toThrow('"first.w" has shape [2] instead of [5]');
});
