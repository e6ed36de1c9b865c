/** The batch to go on with after memory ran out: one that the recipe allows, half as large, until there is none. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tooManyParts } from '../../../src-shared/recipe/fit.ts';
import { recipeSchema } from '../../../src-shared/recipe/recipe.ts';
import { smallerBatch } from '../../../src-shared/recipe/smaller.ts';

const batchSchema = recipeSchema.pick({ identitiesPerBatch: true, clipsPerIdentity: true, accumulate: true });

it.each([
  [{ identitiesPerBatch: 8, clipsPerIdentity: 4 }, { identitiesPerBatch: 4 }],
  [{ identitiesPerBatch: 9, clipsPerIdentity: 4 }, { identitiesPerBatch: 4 }],
  [{ identitiesPerBatch: 4, clipsPerIdentity: 2 }, { identitiesPerBatch: 2 }],
  [{ identitiesPerBatch: 3, clipsPerIdentity: 5 }, { clipsPerIdentity: 2 }],
  [{ identitiesPerBatch: 3, clipsPerIdentity: 3 }, null],
  // Two parts need four identities.
  [{ identitiesPerBatch: 6, clipsPerIdentity: 4, accumulate: 2 }, { clipsPerIdentity: 2 }],
  [{ identitiesPerBatch: 8, clipsPerIdentity: 4, accumulate: 2 }, { identitiesPerBatch: 4 }],
])('after %o comes %o', (batch, smaller) => {
  expect(smallerBatch(batch)).toEqual(smaller);
});

it('is always a batch that can be trained, of at most half the clips, and ends', () => {
  const batches = fc.record({
    identitiesPerBatch: fc.integer({ min: 2, max: 256 }),
    clipsPerIdentity: fc.integer({ min: 2, max: 64 }),
    accumulate: fc.integer({ min: 1, max: 64 }),
  });
  fc.assert(
    fc.property(
      batches.filter((batch) => tooManyParts(batch) === null),
      (batch) => {
        for (let now = batch, tries = 0; ; tries += 1) {
          expect(tries).toBeLessThan(14);
          const smaller = smallerBatch(now);
          if (smaller === null) return;
          const next = { ...now, ...smaller };
          expect([batchSchema.safeParse(next).success, tooManyParts(next)]).toEqual([true, null]);
          expect(2 * next.identitiesPerBatch * next.clipsPerIdentity).toBeLessThanOrEqual(now.identitiesPerBatch * now.clipsPerIdentity);
          now = next;
        }
      },
    ),
  );
});
