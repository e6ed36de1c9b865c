/** The optimizer that a recipe asks for. Test: test/models/train/recipe.test.ts. */
import { ABSENT } from '../../src-shared/recipe/absent.ts';
import type { Parameter, Recipe } from '../method.ts';
import { createAdam } from './adam.ts';
import { withLossScaling } from './lossScaling.ts';
import type { Optimizer } from './optimizer.ts';
import { createSgd } from './sgd.ts';

/** float16 needs its gradients scaled. */
export function recipeOptimizer(recipe: Pick<Recipe, 'optimizer' | 'momentum' | 'nesterov' | 'weightDecay' | 'precision'>, parameters: Parameter[]): Optimizer {
  const { optimizer = ABSENT.optimizer, momentum = ABSENT.momentum, nesterov = ABSENT.nesterov, weightDecay, precision } = recipe;
  const plain = optimizer === 'sgd' ? createSgd(parameters, { weightDecay, momentum, nesterov }) : createAdam(parameters, weightDecay);
  return precision === 'float16' ? withLossScaling(plain) : plain;
}
