/**
 * Undo's operations of table `annotation`: values go by their key and come as whole rows; what follows from them follows at once.
 * Tests: test/contracts/operations.contract.test.ts, test/main/features/history/patch.test.ts.
 */
import { z } from 'zod';
import { HOWS } from '../../../../src-shared/fields/how.ts';
import { defineOperation, type AtEnd, type TableOperations } from '../../history/operation.ts';
import { refreshDerived } from '../derived.table.ts';
import { isValueOf } from '../fieldValues.ts';

export interface AnnotationRow {
  tracklet_id: number;
  layer: string;
  field: string;
  start: number;
  end: number;
  /** JSON. */
  value: string;
  how: string;
  annotator: string;
  updated_at: number;
}

export type AnnotationKey = Pick<AnnotationRow, 'tracklet_id' | 'layer' | 'field' | 'start'>;

declare module '../../history/operation.ts' {
  interface PatchOperations {
    clearAnnotations: { op: 'clearAnnotations'; keys: AnnotationKey[] };
    putAnnotations: { op: 'putAnnotations'; rows: AnnotationRow[] };
  }
}

const number = z.int().min(0);

const keyShape = { tracklet_id: number, layer: z.string(), field: z.string(), start: number };

export const annotationRow = z
  .object({
    ...keyShape,
    end: number,
    value: z.string(),
    how: z.enum(HOWS),
    annotator: z.string(),
    updated_at: number,
  })
  .refine(({ start, end, field, value }) => start <= end && isValueOf(field, value));

const calls = ['annotations.apply', 'datasets.putBack'];
const rowOf = ({ tracklet_id, layer, field }: AnnotationKey): string => `values ${tracklet_id} ${layer} ${field}`;

function refreshAtEnd(atEnd: AtEnd, trackletId: number): void {
  atEnd.set(`derived ${trackletId}`, (db) => refreshDerived(db, trackletId));
}

const clear = defineOperation({
  name: 'clearAnnotations',
  schema: z.object({ op: z.literal('clearAnnotations'), keys: z.array(z.object(keyShape)) }),
  opposite: 'putAnnotations',
  calls,
  rowsOf: ({ keys }) => keys.map(rowOf),
  apply(db, { keys }, atEnd) {
    for (const { tracklet_id, layer, field, start } of keys) {
      db.run('DELETE FROM annotation WHERE tracklet_id = ? AND layer = ? AND field = ? AND start = ?', [tracklet_id, layer, field, start]);
      refreshAtEnd(atEnd, tracklet_id);
    }
  },
});

const put = defineOperation({
  name: 'putAnnotations',
  schema: z.object({ op: z.literal('putAnnotations'), rows: z.array(annotationRow) }),
  opposite: 'clearAnnotations',
  calls,
  rowsOf: ({ rows }) => rows.map(rowOf),
  apply(db, { rows }, atEnd) {
    for (const row of rows) {
      db.run(
        `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at)
         SELECT @tracklet_id, @layer, @field, @start, @end, @value, @how, @annotator, @updated_at WHERE EXISTS (SELECT 1 FROM tracklet WHERE id = @tracklet_id)`,
        { ...row },
      );
      refreshAtEnd(atEnd, row.tracklet_id);
    }
  },
  /** Beyond the frames of its tracklet, or over another value of its field and layer. */
  misplaced(db, operations) {
    const lists = new Map(operations.flatMap(({ rows }) => rows).map((row) => [rowOf(row), row]));
    return [...lists.values()].some(
      ({ tracklet_id, layer, field }) =>
        db.column(
          `SELECT 1 FROM (SELECT start, "end", lag("end") OVER (ORDER BY start) AS before FROM annotation WHERE tracklet_id = ? AND layer = ? AND field = ?)
           WHERE start <= before OR "end" >= (SELECT frames FROM tracklet WHERE id = ?) LIMIT 1`,
          [tracklet_id, layer, field, tracklet_id],
        ).length > 0,
    );
  },
});

export default { id: 'annotation', operations: [clear, put] } satisfies TableOperations;
