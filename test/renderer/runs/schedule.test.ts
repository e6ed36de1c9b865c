import { expect, it } from 'vitest';
import { learningRateAt } from '../../../models/train/schedule.ts';
import type { RecipeValues } from '../../../src-shared/contract/runs.ts';
import { plannedLine, plannedRate, plannedSteps } from '../../../src-renderer/views/runs/schedule.ts';

const recipe: RecipeValues = {
  epochs: 240,
  stepsPerEpoch: 0,
  identitiesPerBatch: 8,
  clipsPerIdentity: 4,
  learningRate: 3e-4,
  weightDecay: 5e-4,
  decayEpochs: [40, 80],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0.5,
};

it('drops by the factor at every epoch of the list', () => {
  expect([0, 39, 40, 79, 80, 239].map((epoch) => Number(plannedRate(recipe, epoch).toPrecision(6)))).toEqual([3e-4, 3e-4, 3e-5, 3e-5, 3e-6, 3e-6]);
});

it('draws the rest of the plan as a staircase', () => {
  const line = plannedLine(recipe, 50, 240);
  expect(line.x).toEqual([50, 80, 80, 240]);
  expect(line.y.map((v) => Number(v.toPrecision(6)))).toEqual([3e-5, 3e-5, 3e-6, 3e-6]);
});

it('is the rate that the training loop will take, warm-up and drops alike', () => {
  for (const variant of [recipe, { ...recipe, warmupEpochs: 10 }, { ...recipe, warmupEpochs: 5, warmupFrom: 0.1, decayEpochs: [3, 40] }]) {
    for (let epoch = 0; epoch < 90; epoch++) expect(plannedRate(variant, epoch)).toBeCloseTo(learningRateAt(variant, epoch), 15);
  }
});

it('counts one pass where an epoch has no length', () => {
  const train = { identities: 625, tracklets: 8298 };
  expect([
    plannedSteps(recipe, train),
    plannedSteps({ ...recipe, sampling: 'identities' }, train),
    plannedSteps({ ...recipe, stepsPerEpoch: 20, epochs: 6 }, train),
  ]).toEqual([240 * 259, 240 * 78, 120]);
});
