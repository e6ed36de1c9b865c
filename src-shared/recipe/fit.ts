/**
 * What a recipe starts with on a data set: a batch holds no more identities than there are to train on. Form, command line and host take it from here;
 * a value that somebody gave is theirs, and refused where it cannot be. Test: test/shared/recipe/fit.test.ts.
 */
import type { RecipeValues } from './recipe.ts';

/** `train`: persons of the training split; null where that is not known. */
export function recipeFor(recipe: RecipeValues, train: { identities: number } | null): RecipeValues {
  if (train === null || train.identities < 2 || recipe.identitiesPerBatch <= train.identities) return recipe;
  const identitiesPerBatch = train.identities;
  // Each part of a batch has two identities.
  const parts = recipe.accumulate === undefined ? {} : { accumulate: Math.max(1, Math.min(recipe.accumulate, mostParts(identitiesPerBatch))) };
  return { ...recipe, identitiesPerBatch, ...parts };
}

/** Why a batch cannot hold so many, as a sentence without its end; null where it can. Of fewer than two identities it is said elsewhere that nothing can be trained. */
export function tooManyIdentities(identitiesPerBatch: number, train: { identities: number } | null): string | null {
  return train === null || train.identities < 2 || identitiesPerBatch <= train.identities ? null : `The set has ${train.identities} training identities`;
}

/** Why a batch cannot be computed in so many parts, likewise: each needs two identities. */
export function tooManyParts({ accumulate = 1, identitiesPerBatch }: Pick<RecipeValues, 'accumulate' | 'identitiesPerBatch'>): string | null {
  return accumulate === 1 || identitiesPerBatch >= 2 * accumulate
    ? null
    : `Each part of a batch needs two identities; ${identitiesPerBatch} identities make at most ${mostParts(identitiesPerBatch)} parts`;
}

function mostParts(identitiesPerBatch: number): number {
  return Math.floor(identitiesPerBatch / 2);
}

export interface Misfit {
  problem: string;
  fit: number;
}

/** What the form says of a value that is within its own bounds and yet cannot be, and the nearest one that can. */
export function misfitOf(key: string, recipe: RecipeValues, train: { identities: number } | null): Misfit | null {
  const { identitiesPerBatch } = recipe;
  const problem = key === 'identitiesPerBatch' ? tooManyIdentities(identitiesPerBatch, train) : key === 'accumulate' ? tooManyParts(recipe) : null;
  if (problem === null) return null;
  return { problem, fit: key === 'accumulate' ? Math.max(1, mostParts(identitiesPerBatch)) : (train?.identities ?? 0) };
}
