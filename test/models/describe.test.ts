/** Sizes and costs against those measured in the official PyTorch code at 256×128, 625 identities, to the digits printed there. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { describe as sizeOf } from '../../models/describe.ts';
import nssbBaseline from '../../models/methods/nssb-baseline.ts';
import resnetNonlocal from '../../models/methods/resnet-nonlocal.ts';
import resnetTap from '../../models/methods/resnet-tap.ts';

const millions = (n: number) => (n / 1e6).toFixed(3);
const billions = (n: number) => (n / 1e9).toFixed(3);

test('C2D: ResNet-50 with temporal pooling, four frames', async () => {
  const size = await sizeOf(resnetTap, resnetTap.options.parse({}));
  expect([millions(size.parameters), millions(size.parametersWithoutClassifier), billions(size.macsPerClip), billions(size.macsPerFrame)]).toEqual([
    '24.793',
    '23.512',
    '16.213',
    '4.053',
  ]);
});

test('ResNet-50 at last stride 2 costs less: 2.671 with its classifier of 1,000 classes', async () => {
  const size = await sizeOf(resnetTap, resnetTap.options.parse({ lastStride: 2 }));
  expect(billions(size.macsPerFrame + 2048 * 1000)).toBe('2.671');
});

test('C2D with five non-local blocks', async () => {
  const size = await sizeOf(resnetNonlocal, resnetNonlocal.options.parse({}));
  expect([millions(size.parameters), millions(size.parametersWithoutClassifier), billions(size.macsPerClip)]).toEqual(['32.151', '30.871', '22.857']);
});

test('one non-local block in stage 2 adds its 526,592 parameters', async () => {
  const [one, none] = [
    await sizeOf(resnetNonlocal, resnetNonlocal.options.parse({ positions: 'stage2' })),
    await sizeOf(resnetTap, resnetTap.options.parse({})),
  ];
  expect(one.parameters - none.parameters).toBe(526_592);
});

test('NSSB baseline', async () => {
  const size = await sizeOf(nssbBaseline, nssbBaseline.options.parse({}));
  expect([millions(size.parameters), millions(size.parametersWithoutClassifier), billions(size.macsPerClip), billions(size.macsPerFrame)]).toEqual([
    '24.811',
    '23.531',
    '16.223',
    '4.056',
  ]);
});

test('leaves no tensors behind', async () => {
  const before = tf.memory().numTensors;
  await sizeOf(resnetNonlocal, resnetNonlocal.options.parse({ depth: 18 }));
  expect(tf.memory().numTensors).toBe(before);
});
