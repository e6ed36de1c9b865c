import { expect, it } from 'vitest';
import type { RecipeValues } from '../../../src-shared/entities.ts';
import { plannedLine, plannedRate, plannedSteps } from '../../../src-renderer/views/runs/schedule.ts';

const recipe: RecipeValues = { epochs: 240, stepsPerEpoch: 0, identitiesPerBatch: 8, clipsPerIdentity: 4, learningRate: 3e-4, weightDecay: 5e-4, decayEpochs: [40, 80], decay: 0.1, warmupEpochs: 0, flip: true, erasing: 0.5 };

it('drops by the factor at every epoch of the list', () => {
  expect([0, 39, 40, 79, 80, 239].map((epoch) => Number(plannedRate(recipe, epoch).toPrecision(6)))).toEqual([3e-4, 3e-4, 3e-5, 3e-5, 3e-6, 3e-6]);
});

it('draws the rest of the plan as a staircase', () => {
  const line = plannedLine(recipe, 50, 240);
  expect(line.x).toEqual([50, 80, 80, 240]);
  expect(line.y.map((v) => Number(v.toPrecision(6)))).toEqual([3e-5, 3e-5, 3e-6, 3e-6]);
});

it('counts one pass over the identities where an epoch has no length', () => {
  expect([plannedSteps(recipe, 625), plannedSteps({ ...recipe, stepsPerEpoch: 20, epochs: 6 }, 625)]).toEqual([240 * 78, 120]);
});
