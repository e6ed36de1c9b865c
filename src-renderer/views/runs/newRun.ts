/**
 * The rules of the new-run form: where options and recipe start, what differs from there, and how long it may take.
 * Pure; `newRun.svelte.ts` holds the state. Test: test/renderer/runs/newRun.test.ts.
 */
import type { MethodInfo, RunDetail } from '../../../src-shared/contract/runs.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import { batchesInPass, stepsInRun } from '../../../src-shared/recipe/steps.ts';
import { sameValue } from '../../lib/schemaForm.ts';

export type RecipeName = 'small' | 'paper';

/** Options of a recipe: the small one brings its own small network. */
export function recipeOptions(method: MethodInfo, recipe: RecipeName): Record<string, unknown> {
  return recipe === 'small' ? { ...method.defaults, ...method.smallOptions } : { ...method.defaults };
}

/** Of which named recipe the options of a run are nearer. */
export function nearerRecipe(method: MethodInfo, options: Record<string, unknown>): RecipeName {
  const distance = (name: RecipeName) => Object.keys(changedEntries(options, recipeOptions(method, name))).length;
  return distance('small') <= distance('paper') ? 'small' : 'paper';
}

/** Entries of `values` that differ from `base`. */
export function changedEntries(values: Record<string, unknown>, base: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => !sameValue(value, base[key])));
}

/** When the recipe to start from changes, such as with the data set: what stood as it had it follows, unless it was typed. */
export function followed(recipe: RecipeValues, before: RecipeValues, now: RecipeValues, typed: Readonly<Record<string, string>>): RecipeValues {
  const keys = (Object.keys({ ...before, ...now }) as (keyof RecipeValues)[]).filter((key) => typed[key] === undefined && sameValue(recipe[key], before[key]));
  return { ...recipe, ...Object.fromEntries(keys.map((key) => [key, now[key]])) };
}

export interface Estimate {
  steps: number;
  seconds: number | null;
  /** The run the rate was taken from. */
  from: string | null;
  imagesPerSecond: number | null;
}

/** Time from the rate of an earlier run, scaled by cost: twice the work a frame is taken to be half as fast. */
export function estimate(
  recipe: Pick<RecipeValues, 'epochs' | 'stepsPerEpoch' | 'identitiesPerBatch' | 'clipsPerIdentity' | 'sampling'>,
  framesPerClip: number,
  train: { identities: number; tracklets: number },
  macsPerFrame: number | null,
  earlier: Pick<RunDetail, 'name' | 'imagesPerSecond' | 'macsPerFrame'> | null,
): Estimate {
  const steps = stepsInRun(recipe, batchesInPass(recipe, train));
  if (!earlier?.imagesPerSecond || !earlier.macsPerFrame || !macsPerFrame) return { steps, seconds: null, from: null, imagesPerSecond: null };
  const imagesPerSecond = (earlier.imagesPerSecond * earlier.macsPerFrame) / macsPerFrame;
  const images = steps * recipe.identitiesPerBatch * recipe.clipsPerIdentity * framesPerClip;
  return { steps, seconds: images / imagesPerSecond, from: earlier.name, imagesPerSecond };
}
