/**
 * What makes a batch smaller where one did not fit into memory: half its identities as long as each part keeps two, else half its clips. The
 * training says it beside its failure, and the page offers it. Test: test/shared/recipe/smaller.test.ts.
 */
import { ABSENT } from './absent.ts';
import { tooManyParts } from './fit.ts';
import type { RecipeValues } from './recipe.ts';

export type Smaller = { identitiesPerBatch: number } | { clipsPerIdentity: number };

/** Null where half of it is no batch any more. */
export function smallerBatch({
  identitiesPerBatch,
  clipsPerIdentity,
  accumulate = ABSENT.accumulate,
}: Pick<RecipeValues, 'identitiesPerBatch' | 'clipsPerIdentity' | 'accumulate'>): Smaller | null {
  const identities = Math.floor(identitiesPerBatch / 2);
  if (identities >= 2 && tooManyParts({ accumulate, identitiesPerBatch: identities }) === null) return { identitiesPerBatch: identities };
  const clips = Math.floor(clipsPerIdentity / 2);
  return clips >= 2 ? { clipsPerIdentity: clips } : null;
}
