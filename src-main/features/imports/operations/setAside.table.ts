/**
 * Undo's operations of table `set_aside`, and what one of its rows may hold.
 * Tests: test/contracts/operations.contract.test.ts, test/main/features/history/stored.test.ts.
 */
import { z } from 'zod';
import { parsed } from '../../annotations/fieldValues.ts';
import { annotationRow } from '../../annotations/operations/annotation.table.ts';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
import { CONTENT } from '../contents.ts';

/** A value that an update from the source set aside, as its table has it. */
export interface AsideRow {
  id: number;
  dataset_id: number;
  tracklet_key: string;
  field: string;
  start: number | null;
  end: number | null;
  pictures: string;
  contents: string | null;
  annotation: string;
  reason: 'changed' | 'removed';
  at: number;
}

declare module '../../history/operation.ts' {
  interface PatchOperations {
    clearAside: { op: 'clearAside'; ids: number[] };
    putAside: { op: 'putAside'; rows: AsideRow[] };
  }
}

const number = z.int().min(0);
const textOf = (schema: z.ZodType) => z.string().refine((json) => schema.safeParse(parsed(json)).success);

const asideRow = z
  .object({
    id: number,
    dataset_id: number,
    tracklet_key: z.string(),
    field: z.string(),
    start: number.nullable(),
    end: number.nullable(),
    pictures: textOf(z.array(z.string())),
    // Steps of before name none.
    contents: textOf(z.array(z.string().regex(CONTENT).nullable()))
      .nullable()
      .default(null),
    annotation: textOf(annotationRow),
    reason: z.enum(['changed', 'removed']),
    at: number,
  })
  .refine(({ start, end }) => (start === null || end === null ? start === end : start <= end))
  .refine(({ field, annotation }) => (parsed(annotation) as { field?: unknown } | undefined)?.field === field);

/** Of a row of `set_aside`, as its table has it. */
export function isAside(row: unknown): boolean {
  return asideRow.safeParse(row).success;
}

const rowOf = (id: number): string => `aside ${id}`;

const clear = defineOperation({
  name: 'clearAside',
  schema: z.object({ op: z.literal('clearAside'), ids: z.array(number) }),
  opposite: 'putAside',
  calls: ['datasets.putBack'],
  rowsOf: ({ ids }) => ids.map(rowOf),
  apply(db, { ids }) {
    for (const id of ids) db.run('DELETE FROM set_aside WHERE id = ?', [id]);
  },
});

const put = defineOperation({
  name: 'putAside',
  schema: z.object({ op: z.literal('putAside'), rows: z.array(asideRow) }),
  opposite: 'clearAside',
  // Undoing alone sets aside again.
  calls: [],
  rowsOf: ({ rows }) => rows.map(({ id }) => rowOf(id)),
  apply(db, { rows }) {
    for (const row of rows)
      db.run(
        `INSERT INTO set_aside (id, dataset_id, tracklet_key, field, start, "end", pictures, contents, annotation, reason, at)
         SELECT @id, @dataset_id, @tracklet_key, @field, @start, @end, @pictures, @contents, @annotation, @reason, @at
         WHERE EXISTS (SELECT 1 FROM dataset WHERE id = @dataset_id)`,
        { ...row },
      );
  },
});

export default { id: 'set_aside', operations: [clear, put] } satisfies TableOperations;
