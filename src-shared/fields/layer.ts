/**
 * Layers of values: those of one layer never overlap, those of two may. What every person and the page share is one of them; people and models
 * may have layers of their own, which nothing but their readers sees. Test: test/main/features/layers.test.ts.
 */

/** What the page, derived columns, statistics, imports and reviews read and write. */
export const SHARED_LAYER = 'shared';
