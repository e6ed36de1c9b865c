/** The plan of the learning rate as the chart draws it. */
import { expect, it } from 'vitest';
import { plannedLine } from '../../../src-renderer/views/runs/schedule.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';

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
const rounded = (values: number[]) => values.map((value) => Number(value.toPrecision(6)));

it('draws the rest of the plan as a staircase', () => {
  const line = plannedLine(recipe, 50, 240);
  expect(line.x).toEqual([50, 80, 80, 240]);
  expect(rounded(line.y)).toEqual([3e-5, 3e-5, 3e-6, 3e-6]);
});

it('begins within an epoch with the rate of that epoch, and climbs the warm-up', () => {
  const line = plannedLine({ ...recipe, learningRate: 1, warmupEpochs: 4, warmupFrom: 0.2 }, 1.5, 50);
  expect(line.x).toEqual([1.5, 2, 2, 3, 3, 4, 4, 40, 40, 50]);
  expect(rounded(line.y)).toEqual([0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 1, 1, 0.1, 0.1]);
});

it('is a single stair where nothing changes any more', () => {
  expect(plannedLine(recipe, 230, 240).x).toEqual([230, 240]);
  expect(plannedLine(recipe, 240, 240)).toEqual({ x: [], y: [] });
});
