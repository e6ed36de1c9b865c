/**
 * Completes the recipe that a form or command line gives. It holds the numbers a person sets; how a method samples, augments and warms up
 * belongs to the method and stays as its paper has it. Test: test/models/train/recipe.test.ts.
 */
import type { MethodDefinition, Recipe } from '../method.ts';

/** @example completeRecipe(definition, { ...definition.recipe.small, epochs: 20 }) */
export function completeRecipe(definition: Pick<MethodDefinition, 'recipe'>, values: Recipe): Recipe {
  const { augmentPer, cropPadding, erasedColour, sampling, clipSampling, warmupFrom } = definition.recipe.paper;
  const defined = Object.fromEntries(
    Object.entries({ augmentPer, cropPadding, erasedColour, sampling, clipSampling, warmupFrom }).filter(([, value]) => value !== undefined),
  );
  return { ...defined, ...values };
}
