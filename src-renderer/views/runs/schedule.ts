/**
 * The planned learning rate of a recipe, drawn dashed before it happens, and how many steps a recipe takes.
 * The rule is the training loop's: linear warm-up, then a multiplication by `decay` at every epoch of `decayEpochs`.
 * Test: test/renderer/runs/schedule.test.ts.
 */
import type { RecipeValues } from '../../../src-shared/contract/runs.ts';

/** Rate during an epoch (0-based; it changes only between epochs). */
export function plannedRate(recipe: RecipeValues, epoch: number): number {
  const whole = Math.floor(epoch);
  const drops = recipe.decayEpochs.filter((at) => whole >= at).length;
  const from = recipe.warmupFrom ?? 0.01;
  const warm = whole < recipe.warmupEpochs ? from + (1 - from) * (whole / recipe.warmupEpochs) : 1;
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

/** Steps of a whole training. An epoch without a fixed length is one pass: over the tracklets in chunks of one identity, or over the identities. */
export function plannedSteps(
  recipe: Pick<RecipeValues, 'epochs' | 'stepsPerEpoch' | 'identitiesPerBatch' | 'clipsPerIdentity' | 'sampling'>,
  train: { identities: number; tracklets: number },
): number {
  const pass =
    recipe.sampling === 'identities' ? train.identities / recipe.identitiesPerBatch : train.tracklets / (recipe.identitiesPerBatch * recipe.clipsPerIdentity);
  return recipe.epochs * (recipe.stepsPerEpoch > 0 ? recipe.stepsPerEpoch : Math.max(1, Math.floor(pass)));
}
