/**
 * Puts values that an update set aside (`changes.table.ts`) back on the frames that stand in their place now, as one step of history. What was
 * given there since stays. Nobody has looked at the new pictures for them, so what a person judged on the old ones is carried now.
 * Tests: test/main/features/imports/putBackTable.test.ts, test/main/features/imports/putBack.test.ts.
 */
import { AppError } from '../../../src-shared/errors.ts';
import { isWitnessed, type How } from '../../../src-shared/fields/how.ts';
import type { Writer } from '../../db/handles.ts';
import { paint, type ValueRange } from '../../../src-shared/ranges.ts';
import { changedLists, exchange } from '../annotations/table.ts';
import type { AnnotationRow } from '../annotations/operations/annotation.table.ts';
import { perform } from '../history/table.ts';
import { isAside, type AsideRow } from './operations/setAside.table.ts';

export interface PutBackInput {
  datasetId: number;
  /** Rows of `set_aside`; null for all. */
  ids: number[] | null;
  /** Fields that are about a whole tracklet, not about a picture. */
  wholeFields: string[];
  at: number;
  tags: string[];
}

export function putBack(db: Writer, input: PutBackInput): { values: number; left: number } {
  if (db.column('SELECT id FROM dataset WHERE id = ? AND removed_at IS NULL', [input.datasetId]).length === 0)
    throw new AppError('NOT_FOUND', `There is no data set ${input.datasetId}.`, { id: input.datasetId });
  const asked = input.ids === null ? null : new Set(input.ids);
  const rows = db
    .all<AsideRow & { tracklet_id: number | null; frames: number }>(
      `SELECT a.*, t.id AS tracklet_id, t.frames AS frames FROM set_aside a LEFT JOIN tracklet t ON t.dataset_id = a.dataset_id AND t.key = a.tracklet_key
       WHERE a.dataset_id = ? ORDER BY a.id`,
      [input.datasetId],
    )
    .filter((row) => asked === null || asked.has(row.id));
  const lists = changedLists(db);
  const taken: AsideRow[] = [];
  for (const { tracklet_id: trackletId, frames, ...row } of rows) {
    if (trackletId === null || row.start === null || row.end === null || row.start >= frames || !isAside(row)) continue;
    const was = JSON.parse(row.annotation) as AnnotationRow;
    const list = lists.of({ trackletId, layer: was.layer, field: row.field });
    const value = valueOf(was, { start: row.start, end: Math.min(row.end, frames - 1) }, input.wholeFields);
    if (isCovered(list.after, value)) continue;
    // What stands there is painted over it again.
    list.after = list.after.reduce((result, range) => paint(result, range), paint(list.after, value));
    taken.push(row);
  }
  const left = rows.length - taken.length;
  if (taken.length === 0) return { values: 0, left };
  const { cleared, put } = lists.rows();
  perform(db, {
    at: input.at,
    label: `put back ${taken.length} ${taken.length === 1 ? 'value' : 'values'} that had been set aside`,
    call: 'datasets.putBack',
    trackletId: put[0]?.tracklet_id ?? null,
    tags: input.tags,
    patch: [...exchange(cleared, put), { op: 'clearAside', ids: taken.map(({ id }) => id) }],
    inverse: [{ op: 'putAside', rows: taken }, ...exchange(put, cleared)],
    join: null,
  });
  return { values: taken.length, left };
}

function valueOf(was: AnnotationRow, place: { start: number; end: number }, wholeFields: readonly string[]): ValueRange<string> {
  const how = isWitnessed(was.how as How) && !wholeFields.includes(was.field) ? 'carried' : was.how;
  return { ...place, value: was.value, how, annotator: was.annotator, updatedAt: was.updated_at };
}

/** Every frame of it has a value already. */
function isCovered(ranges: readonly ValueRange<string>[], { start, end }: ValueRange<string>): boolean {
  let at = start;
  for (const range of ranges) if (range.start <= at && range.end >= at) at = range.end + 1;
  return at > end;
}
