/** The help of `tracklet train` names every value of a recipe with its meaning, bounds and default. */
import { expect, test } from 'vitest';
import train from '../../../src-main/cli/commands/train.ts';
import { usage } from '../../../src-main/cli/command.ts';
import { recipeHelp } from '../../../src-main/cli/recipeHelp.ts';

test('bounds, choices, lists, units and what is meant where nothing is said', () => {
  const lines = recipeHelp().map((line) => line.trim().replace(/ {2,}/, ': '));
  for (const line of [
    'epochs: Epochs; whole number from 1 to 10000',
    'learningRate: Learning rate; above 0 to 10',
    'decayEpochs: Drop at epochs; whole numbers with commas between',
    'warmupEpochs: Warm-up epochs; whole number from 0',
    'cropPadding: Crop border, px; whole number from 0 to 128; Added before a random crop; default 0',
    'sampling: An epoch draws; tracklets, identities; default tracklets',
    'momentum: Momentum; from 0 to 1; Of SGD; 0 = none; default 0.9',
    'flip: Flip left and right; true, false',
  ])
    expect(lines).toContain(line);
  expect(usage(train)).toContain(recipeHelp().join('\n'));
});
