/** The ways to make a data set of others, found by their folder. Test: test/contracts/recipes.contract.test.ts. */
import { loadRegistry } from '../../platform/registry.ts';
import type { RecipeKind } from './recipe.ts';

// Read before the first data set is asked for: table functions cannot wait.
export const recipeKinds = await loadRegistry<RecipeKind>(new URL('./recipes/', import.meta.url));
