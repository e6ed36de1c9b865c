/** A recipe from a form keeps the method's own way of sampling and augmenting. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import nssbBaseline from '../../../models/methods/nssb-baseline.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import type { Parameter } from '../../../models/method.ts';
import { completeRecipe } from '../../../models/train/recipe.ts';
import { recipeOptimizer } from '../../../models/train/recipeOptimizer.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';

const { epochs, stepsPerEpoch, identitiesPerBatch, clipsPerIdentity, learningRate, weightDecay, decayEpochs, decay, warmupEpochs, flip, erasing } = {
  ...nssbBaseline.recipe.paper,
  epochs: 3,
};
const form = { epochs, stepsPerEpoch, identitiesPerBatch, clipsPerIdentity, learningRate, weightDecay, decayEpochs, decay, warmupEpochs, flip, erasing };

test('what the form does not hold comes from the paper, what it holds wins', () => {
  expect(completeRecipe(nssbBaseline, form)).toMatchObject({
    epochs: 3,
    sampling: 'identities',
    clipSampling: 'consecutive',
    augmentPer: 'frame',
    cropPadding: 10,
  });
  expect(completeRecipe(nssbBaseline, { ...form, cropPadding: 0 }).cropPadding).toBe(0);
  expect(completeRecipe(resnetTap, form)).toEqual(form);
});

test(
  'the optimizer is the one that the recipe names, by default Adam; float16 adds the scale of the loss',
  async () => {
    await requireEngine();
    const weights = { name: 'w', variable: tf.variable(tf.tensor1d([1])), trainable: true } as Parameter;
    const namesWith = (recipe: Partial<Parameters<typeof recipeOptimizer>[0]>) =>
      recipeOptimizer({ weightDecay: 0, ...recipe }, [weights]).state.map(({ name }) => name);
    expect(namesWith({})).toEqual(['first.w', 'second.w']);
    expect(namesWith({ optimizer: 'adam', momentum: 0.5, precision: 'bfloat16' })).toEqual(['first.w', 'second.w']);
    expect(namesWith({ optimizer: 'sgd' })).toEqual(['momentum.w']);
    expect(namesWith({ optimizer: 'sgd', momentum: 0 })).toEqual([]);
    expect(namesWith({ optimizer: 'sgd', precision: 'float16' })).toEqual(['momentum.w', 'lossScale.scale', 'lossScale.goodInRow', 'lossScale.skipped']);
  },
  ENGINE_TIMEOUT_MS,
);
