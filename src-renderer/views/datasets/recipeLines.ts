/** How a data set is made of others, in words. Test: test/renderer/datasets/recipeLines.test.ts. */
import type { DatasetDetail, DatasetRecipe } from '../../../src-shared/contract/datasets.ts';
import { count, counted } from '../../lib/format.ts';
import { routePath } from '../../lib/route.ts';

export interface RecipeLine {
  title: string;
  text: string;
  to: string | null;
}

export function recipeLines(recipe: DatasetRecipe | null): RecipeLine[] {
  if (recipe === null) return [];
  const { title, sources, asked, tracklets, missing } = recipe;
  return [
    { title: 'Made as', text: title, to: null },
    ...sources.map(({ id, name }, index): RecipeLine => ({
      title: sources.length === 1 ? 'Of' : `Of, ${index + 1}`,
      text: name,
      to: routePath('datasets', id),
    })),
    ...Object.entries(asked).map(([key, value]): RecipeLine => ({ title: words(key), text: askedText(value), to: null })),
    { title: 'Members when made', text: counted(tracklets, 'tracklet'), to: null },
    ...(missing === 0 ? [] : [{ title: 'Not there now', text: `${counted(missing, 'tracklet')}: removed with a source, or by an update of one`, to: null }]),
  ];
}

/** "filter" → "Filter". */
function words(key: string): string {
  return key.slice(0, 1).toUpperCase() + key.slice(1);
}

/** A filter as it was asked: kinds that come later may keep anything. */
function askedText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([key, part]) => `${key} ${Array.isArray(part) ? part.join(', ') : JSON.stringify(part)}`);
  return parts.length === 0 ? 'none: all tracklets' : parts.join('; ');
}

/** What others lose with a data set; null where none does. */
export function lossesText(derived: DatasetDetail['derived']): string | null {
  if (derived.length === 0) return null;
  const each = derived.map(({ name, tracklets }) => `${name} (${count(tracklets)})`).join(', ');
  return `Data sets that are made of it lose these tracklets until it is brought back: ${each}.`;
}
