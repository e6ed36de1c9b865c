/** What `--set` may say about a recipe, as lines of help made of its schema. Test: test/main/cli/recipeHelp.test.ts. */
import { recipeJsonSchema, recipeKeys } from '../../src-shared/recipe/recipe.ts';
import { columns } from './command.ts';

export function recipeHelp(): string[] {
  return ['Values of the recipe for --set (options of a method: "tracklet describe <method>"):', ...columns(recipeKeys.map((key) => [key, helpOf(key)]))];
}

function helpOf(key: (typeof recipeKeys)[number]): string {
  const { title, unit, description, default: absent } = recipeJsonSchema.properties[key];
  const parts = [unit === undefined ? title : `${String(title)}, ${String(unit)}`, kindOf(recipeJsonSchema.properties[key]), description];
  if (absent !== undefined) parts.push(`default ${String(absent)}`);
  return parts.filter((part) => part !== undefined).join('; ');
}

function kindOf(property: Record<string, unknown>): string {
  const { type, minimum, exclusiveMinimum, maximum } = property;
  if (Array.isArray(property['enum'])) return property['enum'].join(', ');
  if (type === 'boolean') return 'true, false';
  if (type === 'array') return 'whole numbers with commas between';
  const lower = exclusiveMinimum === undefined ? `from ${String(minimum)}` : `above ${String(exclusiveMinimum)}`;
  // zod writes the largest whole number where there is no limit.
  const upper = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${String(maximum)}`;
  return `${type === 'integer' ? 'whole number ' : ''}${lower}${upper}`;
}
