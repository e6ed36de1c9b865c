/**
 * What a recipe starts with on a data set: a batch holds no more identities than there are to train on. Form, command line and host take it from here;
 * a value that somebody gave is theirs, and refused where the set does not have as many. Test: test/shared/recipeFor.test.ts.
 */
import type { RecipeValues } from './contract/runs.ts';

/** `train`: persons of the training split; null where that is not known. */
export function recipeFor(recipe: RecipeValues, train: { identities: number } | null): RecipeValues {
  if (train === null || train.identities < 2 || recipe.identitiesPerBatch <= train.identities) return recipe;
  const identitiesPerBatch = train.identities;
  // Each part of a batch has two identities.
  const parts = recipe.accumulate === undefined ? {} : { accumulate: Math.max(1, Math.min(recipe.accumulate, Math.floor(identitiesPerBatch / 2))) };
  return { ...recipe, identitiesPerBatch, ...parts };
}

/** Why a batch cannot hold so many, as a sentence without its end; null where it can. Of fewer than two identities it is said elsewhere that nothing can be trained. */
export function tooManyIdentities(identitiesPerBatch: number, train: { identities: number } | null): string | null {
  return train === null || train.identities < 2 || identitiesPerBatch <= train.identities ? null : `The set has ${train.identities} training identities`;
}
