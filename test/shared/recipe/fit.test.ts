/** What a recipe starts with on a small set. */
import { expect, it } from 'vitest';
import { misfitOf, recipeFor, tooManyIdentities, tooManyParts } from '../../../src-shared/recipe/fit.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';

const recipe = { epochs: 8, identitiesPerBatch: 8, clipsPerIdentity: 4 } as RecipeValues;

it.each<[{ identities: number } | null, number]>([
  [null, 8],
  [{ identities: 0 }, 8],
  [{ identities: 1 }, 8],
  [{ identities: 2 }, 2],
  [{ identities: 4 }, 4],
  [{ identities: 7 }, 7],
  [{ identities: 8 }, 8],
  [{ identities: 100 }, 8],
])('of %o training identities a batch of eight holds %i', (train, identitiesPerBatch) => {
  expect(recipeFor(recipe, train)).toEqual({ ...recipe, identitiesPerBatch });
});

it('leaves two identities to each part of a batch', () => {
  expect(recipeFor({ ...recipe, accumulate: 4 }, { identities: 5 })).toEqual({ ...recipe, identitiesPerBatch: 5, accumulate: 2 });
  expect(recipeFor({ ...recipe, accumulate: 2 }, { identities: 3 })).toEqual({ ...recipe, identitiesPerBatch: 3, accumulate: 1 });
  expect(recipeFor({ ...recipe, accumulate: 4 }, { identities: 8 })).toEqual({ ...recipe, accumulate: 4 });
});

it.each<[number, { identities: number } | null, string | null]>([
  [8, null, null],
  [8, { identities: 1 }, null],
  [8, { identities: 8 }, null],
  [9, { identities: 8 }, 'The set has 8 training identities'],
])('%i identities in a batch of a set with %o: %s', (perBatch, train, why) => {
  expect(tooManyIdentities(perBatch, train)).toBe(why);
});

it.each<[number | undefined, number, string | null]>([
  [undefined, 2, null],
  [1, 2, null],
  [2, 4, null],
  [2, 3, 'Each part of a batch needs two identities; 3 identities make at most 1 parts'],
  [4, 7, 'Each part of a batch needs two identities; 7 identities make at most 3 parts'],
])('%s parts of %i identities: %s', (accumulate, identitiesPerBatch, why) => {
  expect(tooManyParts({ ...(accumulate === undefined ? {} : { accumulate }), identitiesPerBatch })).toBe(why);
});

it('offers the nearest value that fits beside what is wrong', () => {
  const asked = { ...recipe, accumulate: 5 };
  expect(misfitOf('identitiesPerBatch', asked, { identities: 6 })).toEqual({ problem: 'The set has 6 training identities', fit: 6 });
  expect(misfitOf('accumulate', asked, null)).toMatchObject({ fit: 4 });
  expect([misfitOf('epochs', asked, { identities: 6 }), misfitOf('identitiesPerBatch', asked, null), misfitOf('accumulate', recipe, null)]).toEqual([
    null,
    null,
    null,
  ]);
});
