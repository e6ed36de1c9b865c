/**
 * Learning rate by epoch, as an explicit rule: lr(e) = lr0 · γ^(number of milestones ≤ e), e from 0. The official codes step at different ends
 * of an epoch under different PyTorch versions; this is what all of them mean. The training loop takes its rate from here, the page draws its plan.
 * Tests: test/shared/recipe/schedule.test.ts, test/models/train/plan.test.ts (what the loop did).
 */
import { ABSENT } from './absent.ts';
import type { RecipeValues } from './recipe.ts';

/** Whole epochs. Warm-up is linear in epochs from `warmupFrom` (default .01) of the rate to all of it. */
export function learningRateAt(recipe: Pick<RecipeValues, 'learningRate' | 'decayEpochs' | 'decay' | 'warmupEpochs' | 'warmupFrom'>, epoch: number): number {
  const { learningRate, decayEpochs, decay, warmupEpochs, warmupFrom = ABSENT.warmupFrom } = recipe;
  const passed = decayEpochs.filter((milestone) => milestone <= epoch).length;
  const progress = epoch < warmupEpochs ? epoch / warmupEpochs : 1;
  return learningRate * decay ** passed * (warmupFrom + (1 - warmupFrom) * progress);
}

/** Epochs between `from` and `to` at whose beginning the rate is another one than before, in ascending order. */
export function rateChanges({ decayEpochs, warmupEpochs }: Pick<RecipeValues, 'decayEpochs' | 'warmupEpochs'>, from: number, to: number): number[] {
  const warming = Array.from({ length: Math.max(0, Math.min(warmupEpochs, to)) }, (_, epoch) => epoch + 1);
  return [...new Set([...warming, ...decayEpochs])].filter((epoch) => epoch > from && epoch < to).sort((a, b) => a - b);
}
