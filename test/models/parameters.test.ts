/** Layouts between PyTorch and the engine, against tf.transpose. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { ParameterSet, permute } from '../../models/parameters.ts';
import { createRng } from '../../models/rng.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../support/engine.ts';
import { lcgValues, summary } from './golden.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

test.each([
  { shape: [4, 3], axes: [1, 0] },
  { shape: [5, 4, 3, 2], axes: [2, 3, 1, 0] },
  { shape: [5, 4, 1, 3, 2], axes: [2, 3, 4, 1, 0] },
])('permuting $shape by $axes', ({ shape, axes }) => {
  const values = lcgValues(
    shape.reduce((a, b) => a * b, 1),
    1,
  );
  expect([...permute(values, shape, axes)]).toEqual([...tf.transpose(tf.tensor(values, shape), axes).dataSync()]);
});

test('a convolution kernel, an inflated one and a linear weight make the round trip', () => {
  const params = new ParameterSet(createRng(1));
  params.add('a', { shape: [8, 4, 3, 2], layout: 'conv', init: { kind: 'normal', mean: 0, std: 1 } });
  params.add('b', { shape: [8, 4, 1, 3, 3], layout: 'conv', engineShape: [3, 3, 4, 8], init: { kind: 'normal', mean: 0, std: 1 } });
  params.add('c', { shape: [8, 4], layout: 'linear', init: { kind: 'normal', mean: 0, std: 1 } });
  expect(params.list.map(({ variable }) => variable.shape)).toEqual([
    [3, 2, 4, 8],
    [3, 3, 4, 8],
    [4, 8],
  ]);
  for (const { shape, fromTorch, toTorch } of params.list) {
    const values = lcgValues(
      shape.reduce((a, b) => a * b, 1),
      2,
    );
    expect([...toTorch(fromTorch(values))]).toEqual([...values]);
  }
  params.dispose();
});

test('initial values follow their rule', () => {
  const params = new ParameterSet(createRng(1));
  const values = (name: string, init: Parameters<ParameterSet['add']>[1]['init']) => params.add(name, { shape: [10_000], init }).dataSync();
  const normal = summary(values('n', { kind: 'normal', mean: 2, std: 0.5 }));
  expect(Math.abs(normal.mean - 2)).toBeLessThan(0.02);
  expect(Math.abs(Math.sqrt(normal.l2 ** 2 / 10_000 - normal.mean ** 2) - 0.5)).toBeLessThan(0.02);
  expect(Math.max(...values('u', { kind: 'uniform', bound: 0.1 }))).toBeLessThanOrEqual(0.1);
  expect(Math.max(...values('t', { kind: 'truncated', std: 0.02 }).map(Math.abs))).toBeLessThanOrEqual(0.04);
  expect(() => params.add('n', { shape: [1], init: { kind: 'constant', value: 0 } })).toThrow('declared twice');
  params.dispose();
});
