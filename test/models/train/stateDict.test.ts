/** Weights in and out: PyTorch's layout, mismatches named, nothing loaded by half. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Model } from '../../../models/method.ts';
import resnetNonlocal from '../../../models/methods/resnet-nonlocal.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { readSafetensors, writeSafetensors } from '../../../models/train/safetensors.ts';
import { classesIn, loadStateDict, toStateDict } from '../../../models/train/stateDict.ts';
import type { StateDict } from '../../../models/train/stateDict.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';

const tiny = { depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2 } as const;
let model: Model;
beforeAll(async () => {
  await requireEngine();
  model = resnetTap.build(resnetTap.options.parse(tiny), { numClasses: 5, rng: createRng(1) });
}, ENGINE_TIMEOUT_MS);
afterAll(() => model.dispose());

const edited = (edit: (state: StateDict) => void): StateDict => {
  const state = toStateDict(model);
  edit(state);
  return state;
};

test('a file gives another model the same embeddings', () => {
  const other = resnetTap.build(resnetTap.options.parse(tiny), { numClasses: 5, rng: createRng(2) });
  const clips = tf.randomNormal([2, 2, 32, 16, 3], 0, 1, 'float32', 1) as tf.Tensor5D;
  const report = loadStateDict(other, readSafetensors(writeSafetensors(toStateDict(model)), 'x').tensors);
  expect([report.loaded.length, report.missing, report.unexpected]).toEqual([model.parameters.length, [], []]);
  expect([...other.embed(clips).dataSync()]).toEqual([...model.embed(clips).dataSync()]);
  other.dispose();
});

test('a convolution weight leaves in PyTorch order', () => {
  const parameter = model.parameters.find(({ name }) => name === 'layer1.0.conv1.weight')!;
  const [out, into, kh, kw] = parameter.shape as [number, number, number, number];
  const wanted = tf.transpose(parameter.variable as tf.Tensor, [3, 2, 0, 1]);
  expect(wanted.shape).toEqual([out, into, kh, kw]);
  expect([...toStateDict(model).get(parameter.name)!.values]).toEqual([...wanted.dataSync()]);
});

describe('files that do not fit', () => {
  test('a wrong shape names key and both shapes, and changes nothing', () => {
    const before = [...toStateDict(model).values()].map(({ values }) => [...values]);
    const state = edited((draft) => {
      draft.set('conv1.weight', { shape: [4, 3, 7, 7], values: new Float32Array(588).fill(3) });
      draft.set('layer2.0.bn1.weight', { shape: [3], values: new Float32Array(3) });
    });
    expect(() => loadStateDict(model, state)).toThrow('"layer2.0.bn1.weight" has shape [3] in the file and [8] in the model');
    expect([...toStateDict(model).values()].map(({ values }) => [...values])).toEqual(before);
  });
  test('a missing tensor', () =>
    expect(() =>
      loadStateDict(
        model,
        edited((draft) => draft.delete('bn.weight')),
      ),
    ).toThrow('lacks 1 of 106 tensors of the model, the first is "bn.weight"'));
  test('nothing in common', () => expect(() => loadStateDict(model, new Map(), { partial: true })).toThrow('lacks'));
});

test('a pretrained backbone: other classifier left out, wrapper names and counters ignored', () => {
  const state = new Map([...toStateDict(model)].map(([name, tensor]) => [`module.${name}`, tensor]));
  state.set('module.classifier.weight', { shape: [751, 32], values: new Float32Array(751 * 32) });
  state.set('module.bn1.num_batches_tracked', { shape: [], values: Float32Array.of(1) });
  state.set('module.fc.weight', { shape: [1, 2], values: new Float32Array(2) });
  expect(() => loadStateDict(model, state)).toThrow('classifier.weight');
  const report = loadStateDict(model, state, { partial: true });
  expect([report.missing, report.unexpected]).toEqual([['classifier.weight'], ['fc.weight']]);
  expect(classesIn(state)).toBe(751);
});

test('an inflated network and a flat one exchange weights', () => {
  const inflated = resnetNonlocal.build(resnetNonlocal.options.parse(tiny), { numClasses: 5, rng: createRng(3) });
  const state = toStateDict(inflated);
  expect(state.get('conv1.weight')!.shape.length).toBe(5);
  loadStateDict(model, state, { partial: true });
  expect([...toStateDict(model).get('conv1.weight')!.values]).toEqual([...state.get('conv1.weight')!.values]);
  inflated.dispose();
});
