/**
 * The planned learning rate of a recipe, drawn dashed before it happens, and how many steps a recipe takes.
 * The rule is the training loop's: linear warm-up, then a multiplication by `decay` at every epoch of `decayEpochs`.
 * Test: test/renderer/runs/schedule.test.ts.
 */
import type { RecipeValues } from '../../../src-shared/entities.ts';

/** Rate during epoch `epoch` (0-based, a fraction within it is allowed while warming up). */
export function plannedRate(recipe: RecipeValues, epoch: number): number {
  const drops = recipe.decayEpochs.filter((at) => epoch >= at).length;
  const warm = recipe.warmupEpochs > 0 && epoch < recipe.warmupEpochs ? Math.max(0.01, (Math.floor(epoch) + 1) / recipe.warmupEpochs) : 1;
  return recipe.learningRate * warm * recipe.decay ** drops;
}

/** Points of the plan as a staircase from `from` to the end. */
export function plannedLine(recipe: RecipeValues, from: number, epochs: number): { x: number[]; y: number[] } {
  const x: number[] = [];
  const y: number[] = [];
  const edges = new Set<number>([from, epochs]);
  for (const at of recipe.decayEpochs) if (at > from && at < epochs) edges.add(at);
  for (let at = 1; at < recipe.warmupEpochs && at < epochs; at++) if (at > from) edges.add(at);
  if (recipe.warmupEpochs > from && recipe.warmupEpochs < epochs) edges.add(recipe.warmupEpochs);
  const sorted = [...edges].sort((a, b) => a - b);
  for (let i = 0; i + 1 < sorted.length; i++) {
    const rate = plannedRate(recipe, sorted[i]!);
    x.push(sorted[i]!, sorted[i + 1]!);
    y.push(rate, rate);
  }
  return { x, y };
}

/** Steps of a whole training; an epoch without a fixed length is one pass over the identities. */
export function plannedSteps(recipe: Pick<RecipeValues, 'epochs' | 'stepsPerEpoch' | 'identitiesPerBatch'>, trainIdentities: number): number {
  const perEpoch = recipe.stepsPerEpoch > 0 ? recipe.stepsPerEpoch : Math.max(1, Math.floor(trainIdentities / recipe.identitiesPerBatch));
  return recipe.epochs * perEpoch;
}
