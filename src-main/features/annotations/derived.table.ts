/**
 * Columns of `tracklet` that follow from its values in the shared layer, written in the same transaction, so that the grid filters without reading ranges.
 * Tests: test/main/features/derivedColumns.test.ts, test/main/features/annotations.test.ts.
 */
import { deriveFrom, type ColumnValue, type DerivedFrom, type DerivedRange } from '../../../src-shared/fields/derive.ts';
import type { How } from '../../../src-shared/fields/how.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import { reviewGaps, type ReviewGaps } from '../../../src-shared/fields/review.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { refreshSides } from '../splits/members.table.ts';
import { FIELDS } from './fields.ts';

const DEFINITIONS = [...FIELDS.values()];
/** Columns that follow from values; which they are, the fields say. */
export const DERIVED_COLUMNS: readonly string[] = ['terms', ...DEFINITIONS.flatMap(({ columns }) => Object.keys(columns?.kinds ?? {}))];

export type DerivedSource = readonly [field: string, start: number, end: number, value: string, how: How];

/** By column, as the database keeps it. `fastestOf` is asked for a review alone, since a stroke should not wait for it. */
export function deriveColumns(frames: number, values: readonly DerivedSource[], fastestOf: DerivedFrom['fastest'] = () => null): Record<string, ColumnValue> {
  const ranges = values.map(([field, start, end, json, how]): DerivedRange => ({ field, start, end, value: JSON.parse(json) as unknown, how }));
  return deriveFrom(DEFINITIONS, frames, ranges, fastestOf);
}

export function refreshDerived(db: Writer, trackletId: number): void {
  const frames = db.column<number>('SELECT frames FROM tracklet WHERE id = ?', [trackletId])[0];
  if (frames === undefined) return;
  const columns = deriveColumns(
    frames,
    db.tuples<DerivedSource>('SELECT field, start, "end", value, how FROM annotation WHERE tracklet_id = ? AND layer = ?', [trackletId, SHARED_LAYER]),
    () => fastestOf(db, trackletId),
  );
  db.run(`UPDATE tracklet SET ${DERIVED_COLUMNS.map((column) => `${column} = @${column}`).join(', ')} WHERE id = @trackletId`, { ...columns, trackletId });
}

const AT_ONCE = 1000;

/** Writes anew the columns that do not follow from their values, or from the members of the split set in use, as in a project that another program wrote to. Returns of how many tracklets. */
export function refreshStale(db: Writer, _input: null): { tracklets: number } {
  const stale: number[] = [];
  const moved = refreshSides(db);
  // Values by pieces: those of 100,000 tracklets need not be in memory together.
  for (let last = -1; ;) {
    const rows = db.all<StoredColumns>(`SELECT id, frames, ${DERIVED_COLUMNS.join(', ')} FROM tracklet WHERE id > ? ORDER BY id LIMIT ?`, [last, AT_ONCE]);
    const end = rows.at(-1)?.id;
    if (end === undefined) break;
    const values = Map.groupBy(
      db.tuples<[...DerivedSource, number]>(
        'SELECT field, start, "end", value, how, tracklet_id FROM annotation WHERE tracklet_id > ? AND tracklet_id <= ? AND layer = ?',
        [last, end, SHARED_LAYER],
      ),
      (value) => value[5],
    );
    for (const row of rows) {
      const sources = (values.get(row.id) ?? []).map(([field, start, end, value, how]): DerivedSource => [field, start, end, value, how]);
      if (
        !isDerived(
          row,
          deriveColumns(row.frames, sources, () => fastestOf(db, row.id)),
        )
      )
        stale.push(row.id);
    }
    last = end;
  }
  for (const id of stale) refreshDerived(db, id);
  return { tracklets: new Set([...stale, ...moved]).size };
}

type StoredColumns = Record<string, ColumnValue> & { id: number; frames: number };

function isDerived(row: StoredColumns, columns: Record<string, ColumnValue>): boolean {
  return DERIVED_COLUMNS.every((column) => isSame(row[column] ?? null, columns[column] ?? null));
}

function isSame(a: ColumnValue, b: ColumnValue): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b) : a === b;
}

/** What the tracklet lacks for a whole review, by its columns as they are. */
export function gapsOf(db: Reader, trackletId: number): ReviewGaps {
  const row = db.get<{ frames: number; visibility: Uint8Array | null }>('SELECT frames, visibility FROM tracklet WHERE id = ?', [trackletId]);
  return reviewGaps(row?.frames ?? 0, row?.visibility ? Int8Array.from(row.visibility) : null, fastestOf(db, trackletId));
}

/** Highest speed at which anyone was shown each frame, 0 = never; null when nobody was shown anything. */
function fastestOf(db: Reader, trackletId: number): Uint8Array | null {
  const columns = db.column<Uint8Array>('SELECT fastest FROM seen WHERE tracklet_id = ?', [trackletId]);
  const [first] = columns;
  return first ? first.map((_, i) => Math.max(...columns.map((column) => column[i] ?? 0))) : null;
}

/** undefined for a tracklet that is not there, or whose data set was removed or is still being imported. */
export function framesOf(db: Reader, trackletId: number): number | undefined {
  return db.column<number>(`SELECT t.frames FROM tracklet t JOIN dataset d ON d.id = t.dataset_id WHERE t.id = ? AND ${isLiveDataset('d')}`, [trackletId])[0];
}
