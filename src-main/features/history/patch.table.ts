/**
 * The language of undo: lists of row operations that a small interpreter applies. Every undoable command writes what redoes it and what
 * undoes it in its own transaction. Rows of data sets removed meanwhile are passed over. Test: test/main/features/history/patch.test.ts.
 */
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, SqlValue, Writer } from '../../db/handles.ts';
import { refreshDerived } from '../annotations/derived.table.ts';
import { bringBack, hide, type Removable } from './removal.table.ts';

/** Values a command may change on rows that are named by id; nothing else is reachable from a patch. */
const SETTABLE: Record<string, readonly string[]> = { dataset: ['name'], tracklet: ['split'], run: ['name'] };

export interface AnnotationRow {
  tracklet_id: number;
  field: string;
  start: number;
  end: number;
  /** JSON. */
  value: string;
  how: string;
  annotator: string;
  updated_at: number;
}

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
  reason: string;
  at: number;
}

export type PatchOperation =
  | { op: 'set'; table: string; ids: (number | string)[]; values: Record<string, SqlValue> }
  | { op: 'remove'; table: Removable; id: number | string; at: number }
  | { op: 'bringBack'; table: Removable; id: number | string }
  | { op: 'clearAnnotations'; keys: { tracklet_id: number; field: string; start: number }[] }
  | { op: 'putAnnotations'; rows: AnnotationRow[] }
  | { op: 'clearAside'; ids: number[] }
  | { op: 'putAside'; rows: AsideRow[] };

/** The rows and columns that operations touch, as text: two steps that share one depend on their order. */
export function rowsOf(operations: readonly PatchOperation[]): Set<string> {
  const rows = new Set<string>();
  for (const operation of operations) {
    if (operation.op === 'set')
      for (const id of operation.ids) for (const column of Object.keys(operation.values)) rows.add(`${operation.table} ${id} ${column}`);
    // Removing frees the name, bringing back takes it again.
    else if (operation.op === 'remove' || operation.op === 'bringBack') rows.add(`${operation.table} ${operation.id} name`);
    else if (operation.op === 'clearAside') for (const id of operation.ids) rows.add(`aside ${id}`);
    else if (operation.op === 'putAside') for (const { id } of operation.rows) rows.add(`aside ${id}`);
    else for (const row of operation.op === 'clearAnnotations' ? operation.keys : operation.rows) rows.add(`values ${row.tracklet_id} ${row.field}`);
  }
  return rows;
}

export function applyPatch(db: Writer, patch: PatchOperation[]): void {
  const touched = new Set<number>();
  for (const operation of patch) {
    switch (operation.op) {
      case 'set':
        setColumns(db, operation);
        break;
      case 'remove':
        hide(db, operation);
        break;
      case 'bringBack':
        bringBack(db, operation);
        break;
      case 'clearAnnotations':
        for (const key of operation.keys) {
          db.run('DELETE FROM annotation WHERE tracklet_id = ? AND field = ? AND start = ?', [key.tracklet_id, key.field, key.start]);
          touched.add(key.tracklet_id);
        }
        break;
      case 'putAnnotations':
        for (const row of operation.rows) {
          db.run(
            `INSERT INTO annotation (tracklet_id, field, start, "end", value, how, annotator, updated_at)
             SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM tracklet WHERE id = ?)`,
            [row.tracklet_id, row.field, row.start, row.end, row.value, row.how, row.annotator, row.updated_at, row.tracklet_id],
          );
          touched.add(row.tracklet_id);
        }
        break;
      case 'clearAside':
        for (const id of operation.ids) db.run('DELETE FROM set_aside WHERE id = ?', [id]);
        break;
      case 'putAside':
        for (const row of operation.rows)
          db.run(
            `INSERT INTO set_aside (id, dataset_id, tracklet_key, field, start, "end", pictures, contents, annotation, reason, at)
             SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM dataset WHERE id = ?)`,
            [
              row.id,
              row.dataset_id,
              row.tracklet_key,
              row.field,
              row.start,
              row.end,
              row.pictures,
              row.contents,
              row.annotation,
              row.reason,
              row.at,
              row.dataset_id,
            ],
          );
    }
  }
  for (const id of touched) refreshDerived(db, id);
}

/** Whether a value that was put reaches beyond the frames of its tracklet, or over another of its field. */
export function misplaced(db: Reader, patch: readonly PatchOperation[]): boolean {
  const lists = new Map(
    patch.flatMap((operation) => (operation.op === 'putAnnotations' ? operation.rows : [])).map((row) => [`${row.tracklet_id} ${row.field}`, row]),
  );
  return [...lists.values()].some(
    ({ tracklet_id, field }) =>
      db.column(
        `SELECT 1 FROM (SELECT start, "end", lag("end") OVER (ORDER BY start) AS before FROM annotation WHERE tracklet_id = ? AND field = ?)
         WHERE start <= before OR "end" >= (SELECT frames FROM tracklet WHERE id = ?) LIMIT 1`,
        [tracklet_id, field, tracklet_id],
      ).length > 0,
  );
}

function setColumns(db: Writer, operation: Extract<PatchOperation, { op: 'set' }>): void {
  const allowed = SETTABLE[operation.table];
  const columns = Object.keys(operation.values);
  if (!allowed || columns.some((column) => !allowed.includes(column)))
    throw new AppError('INTERNAL', `A history step names ${operation.table}.${columns.join()}, which no step may change.`);
  const set = columns.map((column) => `${column} = ?`).join(', ');
  for (const id of operation.ids) db.run(`UPDATE ${operation.table} SET ${set} WHERE id = ?`, [...Object.values(operation.values), id]);
}
