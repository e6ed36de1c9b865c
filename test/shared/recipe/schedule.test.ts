/** The explicit rule lr(e) = lr0·γ^(milestones ≤ e), with linear warm-up; every number here was computed by hand. */
import { expect, test } from 'vitest';
import { learningRateAt, rateChanges } from '../../../src-shared/recipe/schedule.ts';

test('milestones take effect at their own epoch', () => {
  const recipe = { learningRate: 3e-4, decayEpochs: [40, 80, 120], decay: 0.1, warmupEpochs: 0 };
  const rates = [0, 39, 40, 79, 80, 120, 149].map((epoch) => learningRateAt(recipe, epoch));
  [3e-4, 3e-4, 3e-5, 3e-5, 3e-6, 3e-7, 3e-7].forEach((wanted, i) => expect(rates[i]! / wanted).toBeCloseTo(1, 9));
});

test('warm-up of NSSB: ten epochs from a hundredth', () => {
  const recipe = { learningRate: 3.5e-4, decayEpochs: [70], decay: 0.3, warmupEpochs: 10 };
  expect([0, 5, 10, 70].map((epoch) => Number((learningRateAt(recipe, epoch) / 3.5e-4).toFixed(9)))).toEqual([0.01, 0.505, 1, 0.3]);
});

test('a warm-up begins with the share that the recipe names, and a drop within it counts', () => {
  const recipe = { learningRate: 1, decayEpochs: [3], decay: 0.5, warmupEpochs: 5, warmupFrom: 0.1 };
  expect([0, 1, 2, 3, 4, 5].map((epoch) => Number(learningRateAt(recipe, epoch).toFixed(9)))).toEqual([0.1, 0.28, 0.46, 0.32, 0.41, 0.5]);
});

test.each<[number, number, number[]]>([
  [0, 10, [1, 2, 3, 5, 8]],
  [2, 8, [3, 5]],
  [2.5, 9, [3, 5, 8]],
  [8, 10, []],
])('between the epochs %d and %i the rate changes at %j', (from, to, changes) => {
  expect(rateChanges({ decayEpochs: [8, 5, 3], warmupEpochs: 3 }, from, to)).toEqual(changes);
});

test('a warm-up that is longer than what is asked for changes it at every epoch', () => {
  expect(rateChanges({ decayEpochs: [], warmupEpochs: 10_000 }, 0, 4)).toEqual([1, 2, 3]);
});
