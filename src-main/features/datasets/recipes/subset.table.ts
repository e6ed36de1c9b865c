/** Those tracklets of one data set that a filter finds when it is made, by the sides that the data set has then. */
import { z } from 'zod';
import { trackletFilter } from '../../../../src-shared/contract/tracklets.ts';
import { conditionsOf } from '../../tracklets/filter.table.ts';
import { defineRecipe } from '../recipe.ts';
import { trackletsOf } from '../tracklets.table.ts';

const schema = z.strictObject({
  kind: z.literal('subset'),
  of: z.int(),
  // The data set is named already.
  filter: z.strictObject(trackletFilter.omit({ datasetIds: true }).shape),
});

export default defineRecipe<z.output<typeof schema>>({
  id: 'subset',
  schema,
  title: ([source = '']) => `Subset of ${source}`,
  sourcesOf: ({ of }) => [of],
  kept: ({ filter }) => ({ filter }),
  membersOf(db, { of, filter }) {
    const { grid, side } = trackletsOf(db, of);
    const conditions = conditionsOf(filter, { side });
    return db.column<number>(`SELECT t.id FROM ${grid.from} WHERE ${[grid.where, ...conditions.map(({ sql }) => sql)].join(' AND ')} ORDER BY t.id`, [
      of,
      ...conditions.flatMap(({ params }) => params),
    ]);
  },
});
