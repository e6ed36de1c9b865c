/** A recipe from a form keeps the method's own way of sampling and augmenting. */
import { expect, test } from 'vitest';
import nssbBaseline from '../../../models/methods/nssb-baseline.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { completeRecipe } from '../../../models/train/recipe.ts';

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
