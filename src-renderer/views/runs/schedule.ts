/** The planned learning rate of a recipe as a line, drawn dashed before it happens. Test: test/renderer/runs/schedule.test.ts. */
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import { learningRateAt, rateChanges } from '../../../src-shared/recipe/schedule.ts';

/** Points of the plan as a staircase from `from`, which may be within an epoch, to the end. */
export function plannedLine(recipe: RecipeValues, from: number, epochs: number): { x: number[]; y: number[] } {
  const x: number[] = [];
  const y: number[] = [];
  const edges = from < epochs ? [from, ...rateChanges(recipe, from, epochs), epochs] : [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const rate = learningRateAt(recipe, Math.floor(edges[i]!));
    x.push(edges[i]!, edges[i + 1]!);
    y.push(rate, rate);
  }
  return { x, y };
}
