/** What the loop really did, step by step, is what the rules of src-shared/recipe foretell and what was computed by hand. */
import { beforeAll, expect, test } from 'vitest';
import { clipShape } from '../../../models/clipOptions.ts';
import type { Recipe } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { countSteps, train } from '../../../models/train/loop.ts';
import { learningRateAt } from '../../../src-shared/recipe/schedule.ts';
import { batchesInPass, stepsInRun } from '../../../src-shared/recipe/steps.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { colouredPeople } from '../colouredPeople.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const options = resnetTap.options.parse({ depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2, stride: 2 });
/** Six identities with two tracklets each. */
const source = colouredPeople({ identities: 6, cameras: 2, tracklets: 1, length: 4, seed: 1 });
const recipe: Recipe = {
  ...resnetTap.recipe.small,
  epochs: 4,
  identitiesPerBatch: 2,
  clipsPerIdentity: 2,
  learningRate: 1e-3,
  decayEpochs: [2],
  decay: 0.1,
  warmupEpochs: 2,
  warmupFrom: 0.5,
};

async function trained(recipe: Recipe): Promise<{ epoch: number; learningRate: number }[]> {
  const model = resnetTap.build(options, { numClasses: 6, rng: createRng(1) });
  const optimizer = createAdam(model.parameters, recipe.weightDecay);
  const done: { epoch: number; learningRate: number }[] = [];
  await train({
    model,
    input: resnetTap.input,
    clip: clipShape(options),
    recipe,
    source,
    optimizer,
    rng: createRng('run'),
    onStep: ({ epoch, learningRate }) => void done.push({ epoch, learningRate }),
  });
  model.dispose();
  optimizer.dispose();
  return done;
}

// By hand: six groups, two a batch: three steps a pass, of either kind since every identity is one group.
test.each<[Recipe['sampling'], number, number]>([
  ['identities', 0, 3],
  ['tracklets', 0, 3],
  ['identities', 5, 5],
])('%s with %i steps an epoch: %i were done, at the rates of the plan', async (sampling, stepsPerEpoch, perEpoch) => {
  const asked = { ...recipe, sampling, stepsPerEpoch };
  const done = await trained(asked);
  const foretold = stepsInRun(asked, batchesInPass(asked, { identities: 6, tracklets: 12 }));
  expect([done.length, foretold, countSteps(asked, source.tracklets, createRng('run'))]).toEqual(new Array(3).fill(4 * perEpoch));
  // Half of 1e-3, three quarters of it, then all of it times .1.
  [5e-4, 7.5e-4, 1e-4, 1e-4].forEach((rate, epoch) => {
    const steps = done.filter((step) => step.epoch === epoch);
    expect(steps).toHaveLength(perEpoch);
    for (const { learningRate } of steps) {
      expect(learningRate / rate).toBeCloseTo(1, 12);
      expect(learningRate).toBe(learningRateAt(asked, epoch));
    }
  });
});
