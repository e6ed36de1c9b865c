/**
 * What a recipe starts with on a data set: a batch holds no more identities than there are to train on. Form, command line and host take it from here;
 * a value that somebody gave is theirs. Test: test/shared/recipeFor.test.ts.
 */
import type { RecipeValues } from './entities.ts';

/** `train`: persons of the training split; null where that is not known. */
export function recipeFor(recipe: RecipeValues, train: { identities: number } | null): RecipeValues {
  if (train === null || train.identities < 2 || recipe.identitiesPerBatch <= train.identities) return recipe;
  const identitiesPerBatch = train.identities;
  // Each part of a batch has two identities.
  const parts = recipe.accumulate === undefined ? {} : { accumulate: Math.max(1, Math.min(recipe.accumulate, Math.floor(identitiesPerBatch / 2))) };
  return { ...recipe, identitiesPerBatch, ...parts };
}
