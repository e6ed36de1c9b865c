/** The explicit rule lr(e) = lr0·γ^(milestones ≤ e), with linear warm-up. */
import { expect, test } from 'vitest';
import { learningRateAt } from '../../../models/train/schedule.ts';

test('milestones take effect at their own epoch', () => {
  const recipe = { learningRate: 3e-4, decayEpochs: [40, 80, 120], decay: 0.1, warmupEpochs: 0 };
  const rates = [0, 39, 40, 79, 80, 120, 149].map((epoch) => learningRateAt(recipe, epoch));
  [3e-4, 3e-4, 3e-5, 3e-5, 3e-6, 3e-7, 3e-7].forEach((wanted, i) => expect(rates[i]! / wanted).toBeCloseTo(1, 9));
});

test('warm-up of NSSB: ten epochs from a hundredth', () => {
  const recipe = { learningRate: 3.5e-4, decayEpochs: [70], decay: 0.3, warmupEpochs: 10 };
  expect([0, 5, 10, 70].map((epoch) => Number((learningRateAt(recipe, epoch) / 3.5e-4).toFixed(9)))).toEqual([0.01, 0.505, 1, 0.3]);
});
