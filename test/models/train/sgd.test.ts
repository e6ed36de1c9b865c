/**
 * SGD against torch.optim.SGD over eight steps (test/golden/tools/make_optimizers.py) with a rate that falls and rises, with and without momentum,
 * Nesterov and weight decay: op by op, recorded with TensorFlow's updates in place, and on wasm. Tolerance: 1e-6 of the largest value.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Parameter } from '../../../models/method.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { optimizerState, restoreOptimizer, type Optimizer } from '../../../models/train/optimizer.ts';
import { createSgd } from '../../../models/train/sgd.ts';
import { openEngine } from '../../../src-main/engine/openEngine.ts';
import { traced } from '../../../src-main/engine/trace/traced.ts';
import { ENGINE_TIMEOUT_MS, requireBinding, requireEngine } from '../../support/engine.ts';
import { expectClose, golden } from '../golden.ts';

interface Fixture {
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
  start: number[];
  steps: { learningRate: number; gradient: number[]; parameter: number[]; velocity: number[] | null }[];
}
const { sgd: fixtures } = golden<{ sgd: Fixture[] }>('optimizers');
const TOLERANCE = 1e-6;

function parameter(values: number[]): Parameter {
  const same = (array: Float32Array) => array.slice();
  return { name: 'w', shape: [values.length], variable: tf.variable(tf.tensor1d(values)), trainable: true, fromTorch: same, toTorch: same };
}

type Step = (gradient: tf.Tensor, factors: tf.Tensor) => void;

function stepper(p: Parameter, optimizer: Optimizer, isRecorded: boolean): Step {
  const gradients = (gradient: tf.Tensor) => ({ [p.variable.name]: gradient });
  if (!isRecorded) return (gradient, factors) => optimizer.apply(gradients(gradient), factors as tf.Tensor1D);
  const run = traced(
    ([gradient, factors], tools) => {
      optimizer.apply(gradients(gradient as tf.Tensor), factors as tf.Tensor1D, tools);
      return [tf.sum(gradient as tf.Tensor)];
    },
    { variables: [p.variable, ...optimizer.state.map(({ variable }) => variable)] },
  );
  return (gradient, factors) => tf.dispose(run([gradient, factors]));
}

describe.each([
  ['op by op', 'cpu', false],
  ['recorded', 'cpu', true],
  ['wasm', 'wasm', false],
] as const)('%s', (_name, device, isRecorded) => {
  beforeAll(async () => {
    if (device === 'cpu') await requireEngine();
    else await openEngine({ device, paths: {} });
  }, ENGINE_TIMEOUT_MS);

  test.each(fixtures)('momentum $momentum, Nesterov $nesterov, weight decay $weightDecay', ({ start, steps, ...options }) => {
    const p = parameter(start);
    let optimizer = createSgd([p], options);
    let step = stepper(p, optimizer, isRecorded);
    steps.forEach(({ learningRate, gradient, parameter: wanted, velocity }, i) => {
      if (i === 4) {
        const saved = optimizerState(optimizer);
        optimizer.dispose();
        optimizer = createSgd([p], options);
        restoreOptimizer(optimizer, saved);
        step = stepper(p, optimizer, isRecorded);
      }
      tf.tidy(() => step(tf.tensor1d(gradient), tf.tensor1d(optimizer.factors(i + 1, learningRate))));
      expectClose(p.variable.dataSync(), wanted, TOLERANCE);
      expect(optimizer.state.map(({ name }) => name)).toEqual(velocity ? ['momentum.w'] : []);
      if (velocity) expectClose(optimizer.state[0]?.variable.dataSync() as Float32Array, velocity, TOLERANCE);
    });
    expect(steps.length).toBeGreaterThanOrEqual(6);
    expect(new Set(steps.map(({ learningRate }) => learningRate)).size).toBeGreaterThan(1);
  });

  test('an update that is not to happen changes no bit, whatever the gradient is', () => {
    for (const create of [(p: Parameter) => createAdam([p], 0.1), ...fixtures.map((options) => (p: Parameter) => createSgd([p], options))]) {
      const p = parameter([1, -2, 3e-5]);
      const optimizer = create(p);
      const body = ([gradient, factors, when]: tf.Tensor[], tools?: Parameters<Optimizer['apply']>[2]) => {
        optimizer.apply({ [p.variable.name]: gradient as tf.Tensor }, factors as tf.Tensor1D, tools, tf.greater(when as tf.Tensor, 0));
        return [tf.sum(gradient as tf.Tensor)];
      };
      const state = [p.variable, ...optimizer.state.map(({ variable }) => variable)];
      const run = isRecorded ? traced(body, { variables: state }) : body;
      const step = (gradient: number[], when: number) => {
        tf.tidy(() => void run([tf.tensor1d(gradient), tf.tensor1d(optimizer.factors(1, 0.1)), tf.scalar(when)]));
        return state.map((variable) => [...variable.dataSync()]);
      };
      const first = step([0.3, -0.7, 0.1], 1);
      expect(step([Infinity, NaN, 1e30], 0)).toEqual(first);
      expect(step([0.3, -0.7, 0.1], 1)).not.toEqual(first);
    }
  });
});

test('another optimizer than the checkpoint’s is refused with its name', async () => {
  await requireBinding();
  const [adam, sgd, plain] = [
    createAdam([parameter([1])], 0),
    ...[0.9, 0].map((momentum) => createSgd([parameter([1])], { weightDecay: 0, momentum })),
  ] as const;
  expect(() => restoreOptimizer(sgd as Optimizer, optimizerState(adam as Optimizer))).toThrow(
    'The checkpoint holds the state of Adam, but this run trains with SGD with momentum.',
  );
  expect(() => restoreOptimizer(adam as Optimizer, optimizerState(sgd as Optimizer))).toThrow('the state of SGD with momentum, but this run trains with Adam');
  expect(() => restoreOptimizer(adam as Optimizer, optimizerState(plain as Optimizer))).toThrow('SGD without momentum');
  expect(() => restoreOptimizer(plain as Optimizer, optimizerState(sgd as Optimizer))).toThrow('trains with SGD without momentum');
});
