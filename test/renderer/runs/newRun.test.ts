import { describe, expect, it } from 'vitest';
import { RECIPE_FIELDS, changedEntries, estimate, followed, readRecipeField } from '../../../src-renderer/views/runs/newRun.ts';
import { recipeSchema, type RecipeValues } from '../../../src-shared/contract/runs.ts';

const field = (key: string) => RECIPE_FIELDS.find((candidate) => candidate.key === key)!;

describe('recipe fields', () => {
  it('cover the whole recipe of the contract, within its limits', () => {
    expect(RECIPE_FIELDS.map((entry) => entry.key).sort()).toEqual(Object.keys(recipeSchema.shape).sort());
    for (const entry of RECIPE_FIELDS) {
      if (entry.kind === 'choice') {
        for (const { value } of entry.choices!) expect(recipeSchema.shape[entry.key].safeParse(value).success).toBe(true);
        continue;
      }
      if (entry.kind === 'flag' || entry.kind === 'list') continue;
      const isBounded = entry.key !== 'warmupEpochs'; // the contract sets no upper end there
      const schema = recipeSchema.shape[entry.key];
      expect([entry.key, schema.safeParse(entry.min).success, schema.safeParse(entry.max).success, schema.safeParse(entry.max * 2).success]).toEqual([
        entry.key,
        true,
        true,
        !isBounded,
      ]);
    }
  });

  it('say what fits', () => {
    expect(readRecipeField(field('epochs'), '0')).toEqual({ problem: { message: 'At least 1', fits: '1' } });
    expect(readRecipeField(field('epochs'), '2.6')).toEqual({ problem: { message: 'Whole numbers only', fits: '3' } });
    expect(readRecipeField(field('learningRate'), '0')).toEqual({ problem: { message: 'Must be above 0', fits: null } });
    expect(readRecipeField(field('identitiesPerBatch'), '16', 12)).toEqual({ problem: { message: 'The set has 12 training identities', fits: '12' } });
    expect(readRecipeField(field('decayEpochs'), ' 80, 40 40')).toEqual({ value: [40, 80] });
    expect(readRecipeField(field('decayEpochs'), '40, x')).toHaveProperty('problem');
    expect(readRecipeField(field('learningRate'), '3e-4')).toEqual({ value: 3e-4 });
  });
});

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
