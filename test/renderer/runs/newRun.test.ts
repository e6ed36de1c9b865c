import { describe, expect, it } from 'vitest';
import { changedEntries, estimate, followed } from '../../../src-renderer/views/runs/newRun.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';

it('what stands as the recipe has it follows another data set; what was changed or typed stays', () => {
  const before = { epochs: 8, identitiesPerBatch: 4, clipsPerIdentity: 4 } as RecipeValues;
  const now = { ...before, identitiesPerBatch: 8 };
  expect(followed({ ...before, epochs: 20 }, before, now, {})).toEqual({ ...now, epochs: 20 });
  expect(followed({ ...before, identitiesPerBatch: 3 }, before, now, {})).toEqual({ ...before, identitiesPerBatch: 3 });
  expect(followed(before, before, now, { identitiesPerBatch: '4' })).toEqual(before);
});

describe('estimate', () => {
  const recipe = { epochs: 6, stepsPerEpoch: 20, identitiesPerBatch: 4, clipsPerIdentity: 4 };
  it('scales the rate of an earlier run by cost', () => {
    // 120 steps of 4 × 4 × 4 frames = 7,680 frames; 40 img/s at half the cost = 20 img/s.
    expect(estimate(recipe, 4, { identities: 90, tracklets: 360 }, 2e9, { name: 'first', imagesPerSecond: 40, macsPerFrame: 1e9 })).toEqual({
      steps: 120,
      seconds: 384,
      from: 'first',
      imagesPerSecond: 20,
    });
  });
  it('guesses nothing without one', () => {
    expect(estimate(recipe, 4, { identities: 90, tracklets: 360 }, 2e9, null)).toEqual({ steps: 120, seconds: null, from: null, imagesPerSecond: null });
  });
});

it('what differs from the recipe is what is said on the command line', () => {
  expect(changedEntries({ pool: 'max', depth: 18, sizes: [1, 2] }, { pool: 'avg', depth: 18, sizes: [1, 2] })).toEqual({ pool: 'max' });
});
