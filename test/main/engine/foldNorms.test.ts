/** A recorded forward pass of constant weights: batch norms go into what is before them, and the numbers stay those of op-by-op execution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { batchNorm } from '../../../models/ops/batchNorm.ts';
import { convolution, convolveDepthwise } from '../../../models/ops/convolution.ts';
import { relu } from '../../../models/ops/basic.ts';
import { ParameterSet } from '../../../models/parameters.ts';
import { createRng } from '../../../models/rng.ts';
import { foldNorms } from '../../../src-main/engine/trace/foldNorms.ts';
import { traced } from '../../../src-main/engine/trace/traced.ts';
import { TF_ATTR, TF_TYPE } from '../../../src-main/engine/tfTypes.ts';
import type { GraphOutput } from '../../../src-main/engine/libtensorflow.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { expectClose } from '../../models/golden.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const CHANNELS = 6;

/** A norm whose statistics are not those of a fresh one, which would hide a mistake. */
function lively(params: ParameterSet): ReturnType<typeof batchNorm> {
  const norm = batchNorm(params, 'norm', { channels: CHANNELS });
  for (const { name, variable } of params.list.filter((parameter) => parameter.name.startsWith('norm.')))
    variable.assign(tf.randomUniform([CHANNELS], name.endsWith('var') || name.endsWith('weight') ? 0.5 : -1, name.endsWith('var') ? 3 : 2, 'float32', 7));
  return norm;
}

const filter = (shape: number[]): Tensor => tf.randomNormal(shape, 0, 0.5, 'float32', 3);

const CASES: Record<string, { shape: number[]; layer: (params: ParameterSet) => (x: Tensor) => Tensor }> = {
  'convolution, norm, sum and ReLU': {
    shape: [2, 9, 8, CHANNELS],
    layer(params) {
      const convolve = convolution(params, 'conv', { in: CHANNELS, out: CHANNELS, kernel: 3 });
      const norm = lively(params);
      return (x) => relu(tf.add(norm(convolve(x as Tensor4D), false), x));
    },
  },
  'padding before a stride': {
    shape: [2, 9, 8, 3],
    layer(params) {
      const convolve = convolution(params, 'conv', { in: 3, out: CHANNELS, kernel: 7, stride: 2 });
      const norm = lively(params);
      return (x) => relu(norm(convolve(x as Tensor4D), false));
    },
  },
  'one filter a channel': {
    shape: [2, 9, 8, CHANNELS],
    layer(params) {
      const weight = params.add('w', { shape: [3, 3, CHANNELS, 1], init: { kind: 'normal', mean: 0, std: 1 } });
      const norm = lively(params);
      return (x) => norm(convolveDepthwise(x as Tensor4D, weight as unknown as Tensor4D, 1, 1), false);
    },
  },
  'three axes': {
    shape: [2, 4, 6, 5, 3],
    layer(params) {
      const weight = filter([3, 3, 3, 3, CHANNELS]) as Tensor5D;
      const norm = lively(params);
      return (x) => norm(tf.conv3d(x as Tensor5D, weight, 1, 'same'), false);
    },
  },
  'a product': {
    shape: [4, 5],
    layer(params) {
      const weight = filter([5, CHANNELS]) as Tensor2D;
      const norm = lively(params);
      return (x) => norm(tf.matMul(x as Tensor2D, weight), false);
    },
  },
  'nothing to fold into': {
    shape: [4, CHANNELS],
    layer(params) {
      const norm = lively(params);
      return (x) => norm(relu(x), false);
    },
  },
};

test.each(Object.keys(CASES))('%s: as op by op', (name) => {
  const { shape, layer } = CASES[name] as (typeof CASES)[string];
  const params = new ParameterSet(createRng(1));
  const apply = layer(params);
  const x = tf.randomNormal(shape, 0, 1, 'float32', 5);
  const eager = apply(x);
  const run = traced(([input]) => [apply(input as Tensor)], { variables: params.list.map(({ variable }) => variable), constants: true });
  const [recorded] = run([x]) as [Tensor];
  expect(recorded.shape).toEqual(eager.shape);
  expectClose(recorded.dataSync(), eager.dataSync() as Float32Array, 2e-5);
  run.dispose();
});

test('only a norm of constants in evaluation goes into the convolution before it', () => {
  const built: string[] = [];
  let next = 1n;
  const output = (): GraphOutput => ({ oper: next++, index: 0 });
  const folding = foldNorms({
    node(name) {
      built.push(name);
      return output();
    },
    vector: output,
    shape: () => [1, 4, 4, CHANNELS],
  });
  const text = (name: string, value: string) => ({ name, type: TF_ATTR.string, value });
  const norm = (training: boolean) => [
    { name: 'epsilon', type: TF_ATTR.float, value: 1e-5 },
    { name: 'is_training', type: TF_ATTR.bool, value: training },
    text('data_format', 'NHWC'),
  ];
  const [x, weight, unknown] = [output(), output(), output()];
  const statistics = [output(), output(), output(), output()];
  for (const constant of [weight, ...statistics]) folding.embedded(constant);
  const convolved = output();
  folding.recorded('Conv2D', [{ name: 'T', type: TF_ATTR.type, value: TF_TYPE.float32 }, text('data_format', 'NHWC')], [x, weight], convolved);

  const plain = output();
  expect(folding.recorded('FusedBatchNormV3', norm(true), [convolved, ...statistics], plain)).toBe(plain);
  expect(folding.recorded('FusedBatchNormV3', norm(false), [convolved, unknown, ...statistics.slice(1)], plain)).toBe(plain);
  expect(folding.recorded('FusedBatchNormV3', norm(false), [x, ...statistics], plain)).toBe(plain);
  expect(built).toEqual([]);
  expect(folding.recorded('FusedBatchNormV3', norm(false), [convolved, ...statistics], plain)).not.toBe(plain);
  expect(built).toContain('Conv2D');
  expect(built.at(-1)).toBe('BiasAdd');
});
