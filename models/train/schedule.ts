/**
 * Learning rate by epoch, as an explicit rule: lr(e) = lr0 · γ^(number of milestones ≤ e), e from 0. The official codes step at different ends
 * of an epoch under different PyTorch versions; this is what all of them mean. Test: test/models/train/schedule.test.ts.
 */
import type { Recipe } from '../method.ts';

/** Warm-up is linear in epochs from `warmupFrom` (default .01) of the rate to all of it. */
export function learningRateAt(recipe: Pick<Recipe, 'learningRate' | 'decayEpochs' | 'decay' | 'warmupEpochs' | 'warmupFrom'>, epoch: number): number {
  const { learningRate, decayEpochs, decay, warmupEpochs, warmupFrom = 0.01 } = recipe;
  const passed = decayEpochs.filter((milestone) => milestone <= epoch).length;
  const progress = epoch < warmupEpochs ? epoch / warmupEpochs : 1;
  return learningRate * decay ** passed * (warmupFrom + (1 - warmupFrom) * progress);
}
