/**
 * How many steps a training takes. An epoch has the recipe's number of them, or is one pass over the training split: its clips in groups of one
 * identity, so many groups a batch. The sampler draws by these numbers, the page foretells them. Tests: test/shared/recipe/steps.test.ts,
 * test/models/train/plan.test.ts (what the loop did).
 */
import { ABSENT } from './absent.ts';
import type { RecipeValues } from './recipe.ts';

type Pass = Pick<RecipeValues, 'identitiesPerBatch' | 'clipsPerIdentity' | 'sampling'>;
type Length = Pick<RecipeValues, 'epochs' | 'stepsPerEpoch'>;

/** Groups that an identity with so many tracklets makes in a pass over every tracklet: chunks without the remainder, at least one. */
export function groupsOfIdentity(tracklets: number, clipsPerIdentity: number): number {
  return Math.max(1, Math.floor(tracklets / clipsPerIdentity));
}

/** A set with fewer groups than a batch holds trains on what it has. */
export function groupsPerBatch(groups: number, identitiesPerBatch: number): number {
  return Math.min(identitiesPerBatch, groups);
}

/**
 * Batches of one pass, where only totals are known. Exact for a pass over identities; over tracklets, remainders of identities make it a few fewer,
 * identities with less than a group a few more.
 */
export function batchesInPass(
  { identitiesPerBatch, clipsPerIdentity, sampling = ABSENT.sampling }: Pass,
  { identities, tracklets }: { identities: number; tracklets: number },
): number {
  const groups = sampling === 'identities' ? identities : tracklets / clipsPerIdentity;
  return Math.max(1, Math.floor(groups / identitiesPerBatch));
}

/** `pass`: batches of one pass over the training split. */
export function stepsInEpoch({ stepsPerEpoch }: Pick<Length, 'stepsPerEpoch'>, pass: number): number {
  return stepsPerEpoch > 0 ? stepsPerEpoch : pass;
}

export function stepsInRun(recipe: Length, pass: number): number {
  return recipe.epochs * stepsInEpoch(recipe, pass);
}
