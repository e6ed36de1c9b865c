/**
 * Whole models with filled parameters against PyTorch in float64: C2D and C2D + non-local from the official AP3D code, NSSB's VideoBaseline as
 * measured in its repository, and a ResNet-18 in training with the norm of every gradient (test/golden/tools/make_models.py).
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { MethodDefinition, Model } from '../../../models/method.ts';
import nssbBaseline from '../../../models/methods/nssb-baseline.ts';
import resnetNonlocal from '../../../models/methods/resnet-nonlocal.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { stepRandom } from '../../../models/train/stepTools.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { expectClose, expectSummary, golden, lcgValues, randomFill, sine, sineFill, summary } from '../golden.ts';
import type { Summary } from '../golden.ts';

interface Official {
  tensors: number;
  names: [string, number[]][];
  feature: Summary;
  every128th: number[];
}
interface Training {
  evaluated: Summary;
  feature: Summary;
  identity: number;
  triplet: number;
  gradientNorms: Record<string, number>;
  running: Record<string, Summary>;
}
const models = golden<{ c2d: Official; nonLocal: Official; resnet18: Training }>('models');

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

let model: Model | null = null;
afterEach(() => model?.dispose());

function build<Options extends z.ZodObject>(definition: MethodDefinition<Options>, options: Record<string, unknown>, numClasses: number): Model {
  model = definition.build(definition.options.parse(options), { numClasses, rng: createRng(1) });
  sineFill(model.parameters);
  return model;
}

/** [1, 3, 4, 256, 128] of the official code → [1, 4, 256, 128, 3]. */
function officialClip(): tf.Tensor5D {
  return tf.tidy(() => tf.transpose(sine([1, 3, 4, 256, 128]), [0, 2, 3, 4, 1]) as tf.Tensor5D);
}

const squeezed = (shape: number[]) => (shape.length === 5 ? shape.filter((_, axis) => axis !== 2) : shape);

describe('C2D, ResNet-50', () => {
  test('state_dict and feature', () => {
    const built = build(resnetTap, {}, 625);
    expect(built.parameters.map(({ name, shape }) => [name, shape])).toEqual(models.c2d.names.map(([name, shape]) => [name, squeezed(shape)]));
    const feature = built.embed(officialClip()).dataSync();
    expectSummary(summary(feature), models.c2d.feature, 2e-5, 2048);
    expectClose(
      feature.filter((_, i) => i % 128 === 0),
      models.c2d.every128th,
      2e-5,
    );
  });
});

describe('C2D with five non-local blocks', () => {
  test('state_dict and feature', () => {
    const built = build(resnetNonlocal, {}, 625);
    expect(built.parameters.map(({ name, shape }) => [name, shape])).toEqual(models.nonLocal.names);
    const feature = built.embed(officialClip()).dataSync();
    expectSummary(summary(feature), models.nonLocal.feature, 2e-5, 2048);
    expectClose(
      feature.filter((_, i) => i % 128 === 0),
      models.nonLocal.every128th,
      2e-5,
    );
  });
});

test('VideoBaseline of NSSB', () => {
  const built = build(nssbBaseline, {}, 625);
  expect(built.parameters.length).toBe(272);
  const clip = tf.transpose(sine([1, 4, 3, 256, 128]), [0, 1, 3, 4, 2]) as tf.Tensor5D;
  const wanted = { mean: 6.022205e-1, l2: 3.819065e1, first: 3.920788e-1, middle: 1.12248, last: -4.419253e-2 };
  expectSummary(summary(built.embed(clip).dataSync()), wanted, 2e-5, 2048);
});

test('ResNet-18 in training: losses, every gradient, running statistics', () => {
  const wanted = models.resnet18;
  const built = build(resnetTap, { depth: 18, height: 64, inputWidth: 32, frames: 2 }, 3);
  // The sine filling makes a network in training so ill-conditioned that float32 and float64 part in PyTorch itself.
  randomFill(built.parameters);
  const clips = tf.transpose(tf.tensor(lcgValues(6 * 2 * 3 * 64 * 32, 1), [6, 2, 3, 64, 32]), [0, 1, 3, 4, 2]) as tf.Tensor5D;
  expectSummary(summary(built.embed(clips).dataSync()), wanted.evaluated, 2e-5, 6 * 512);
  const trained = built.parameters.filter(({ trainable }) => trainable);
  let parts: Record<string, number> = {};
  const { grads } = tf.variableGrads(
    () => {
      const output = built.forwardTrain({ clips, labels: tf.tensor1d([0, 0, 1, 1, 2, 2], 'int32'), random: stepRandom(() => createRng(1)) });
      parts = Object.fromEntries(Object.entries(output.parts).map(([name, value]) => [name, value.dataSync()[0] as number]));
      return output.loss as tf.Scalar;
    },
    trained.map(({ variable }) => variable),
  );
  expect(parts['identity']).toBeCloseTo(wanted.identity, 4);
  expect(parts['triplet']).toBeCloseTo(wanted.triplet, 4);
  for (const { name, variable } of trained) {
    const norm = summary((grads[variable.name] as tf.Tensor).dataSync()).l2;
    const target = wanted.gradientNorms[name] as number;
    // A shift before a batch norm has no gradient; float32 leaves 1e-7 of it.
    expect(Math.abs(norm - target), `gradient of ${name}: ${norm} instead of ${target}`).toBeLessThan(1e-3 * target + 1e-5);
  }
  for (const { name, variable, shape } of built.parameters)
    if (name.includes('running')) expectSummary(summary(variable.dataSync()), wanted.running[name] as Summary, 1e-4, shape[0] as number);
});
