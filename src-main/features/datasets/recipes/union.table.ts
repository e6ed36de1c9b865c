/** All tracklets of several data sets. One that two of them have, as derived ones may, is one member; people of two imported sets are never one. */
import { z } from 'zod';
import { defineRecipe, MOST_SOURCES } from '../recipe.ts';
import { trackletsOf } from '../tracklets.table.ts';

const schema = z.strictObject({
  kind: z.literal('union'),
  of: z
    .array(z.int())
    .min(2, 'a union is of at least two data sets')
    .max(MOST_SOURCES, `a union is of at most ${MOST_SOURCES} data sets`)
    .refine((ids) => new Set(ids).size === ids.length, 'a data set cannot be united with itself'),
});

export default defineRecipe<z.output<typeof schema>>({
  id: 'union',
  schema,
  title: (sources) => `Union of ${sources.slice(0, -1).join(', ')} and ${sources.at(-1) ?? ''}`,
  sourcesOf: ({ of }) => of,
  kept: () => ({}),
  membersOf(db, { of }) {
    const ids = of.flatMap((id) => {
      const { grid } = trackletsOf(db, id);
      return db.column<number>(`SELECT t.id FROM ${grid.from} WHERE ${grid.where}`, [id]);
    });
    return [...new Set(ids)].sort((a, b) => a - b);
  },
});
