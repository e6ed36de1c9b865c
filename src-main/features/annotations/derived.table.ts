/**
 * Columns of `tracklet` that follow from its values in the shared layer, written in the same transaction, so that the grid filters without reading ranges.
 * Tests: test/main/features/derivedColumns.test.ts, test/main/features/annotations.test.ts.
 */
import { valuedFrames } from '../../../src-shared/fields/hiddenShare.ts';
import { isByPerson, type How } from '../../../src-shared/fields/how.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import { reviewGaps, type ReviewGaps } from '../../../src-shared/fields/review.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { refreshSides } from '../splits/members.table.ts';

export interface DerivedColumns {
  /** -1 = no value; null when no frame has one. */
  visibility: Int8Array | null;
  withValue: number;
  hiddenFrames: number;
  hiddenMax: number | null;
  occluders: string;
  review: 'none' | 'started' | 'reviewed' | 'disputed';
  /** Of a reviewed tracklet: frames without a value or never shown. */
  reviewGaps: number;
  note: string;
}

export type DerivedSource = readonly [field: string, start: number, end: number, value: string, how: How];

/** `fastestOf` is asked for a review alone, since a stroke should not wait for it: 0 = the frame was never shown; null = none was. */
export function deriveColumns(frames: number, values: readonly DerivedSource[], fastestOf: () => Uint8Array | null = () => null): DerivedColumns {
  const visibility = new Int8Array(frames).fill(-1);
  const occluders = new Set<string>();
  let flag: 'reviewed' | 'disputed' | null = null;
  let note = '';
  let isSeenCounted = false;
  let isBegun = false;
  for (const [field, start, end, json, how] of values) {
    const value: unknown = JSON.parse(json);
    if (isByPerson(how)) isBegun = true;
    if (field === 'visibility') visibility.fill(value as number, start, end + 1);
    else if (field === 'occluder') occluders.add(value as string);
    else if (field === 'reviewed') {
      flag = value as 'reviewed' | 'disputed';
      // A review that came with the data set, or was made before showing was recorded, says nothing about what was seen.
      isSeenCounted = how === 'judged';
    } else if (field === 'note') note = value as string;
  }
  const { withValue, hiddenFrames } = valuedFrames(visibility);
  return {
    visibility: withValue === 0 ? null : visibility,
    withValue,
    hiddenFrames,
    hiddenMax: withValue === 0 ? null : visibility.reduce((most, value) => Math.max(most, value)),
    occluders: occluders.size === 0 ? '' : `,${[...occluders].sort().join()},`,
    review: flag ?? (isBegun ? 'started' : 'none'),
    reviewGaps: flag === 'reviewed' ? (isSeenCounted ? reviewGaps(frames, visibility, fastestOf()).either : frames - withValue) : 0,
    note,
  };
}

export function refreshDerived(db: Writer, trackletId: number): void {
  const frames = db.column<number>('SELECT frames FROM tracklet WHERE id = ?', [trackletId])[0];
  if (frames === undefined) return;
  const columns = deriveColumns(
    frames,
    db.tuples<DerivedSource>('SELECT field, start, "end", value, how FROM annotation WHERE tracklet_id = ? AND layer = ?', [trackletId, SHARED_LAYER]),
    () => fastestOf(db, trackletId),
  );
  db.run(
    'UPDATE tracklet SET visibility = ?, with_value = ?, hidden_frames = ?, hidden_max = ?, occluders = ?, review = ?, review_gaps = ?, note = ? WHERE id = ?',
    [
      columns.visibility && new Uint8Array(columns.visibility.buffer),
      columns.withValue,
      columns.hiddenFrames,
      columns.hiddenMax,
      columns.occluders,
      columns.review,
      columns.reviewGaps,
      columns.note,
      trackletId,
    ],
  );
}

const AT_ONCE = 1000;

/** Writes anew the columns that do not follow from their values, or from the members of the split set in use, as in a project that another program wrote to. Returns of how many tracklets. */
export function refreshStale(db: Writer, _input: null): { tracklets: number } {
  const stale: number[] = [];
  const moved = refreshSides(db);
  // Values by pieces: those of 100,000 tracklets need not be in memory together.
  for (let last = -1; ;) {
    const rows = db.all<StoredColumns>(
      'SELECT id, frames, visibility, with_value, hidden_frames, hidden_max, occluders, review, review_gaps, note FROM tracklet WHERE id > ? ORDER BY id LIMIT ?',
      [last, AT_ONCE],
    );
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

interface StoredColumns {
  id: number;
  frames: number;
  visibility: Uint8Array | null;
  with_value: number;
  hidden_frames: number;
  hidden_max: number | null;
  occluders: string;
  review: string;
  review_gaps: number;
  note: string;
}

function isDerived(row: StoredColumns, columns: DerivedColumns): boolean {
  const { visibility } = columns;
  return (
    (row.visibility === null || visibility === null
      ? row.visibility === visibility
      : Buffer.from(row.visibility.buffer, row.visibility.byteOffset, row.visibility.byteLength).equals(new Uint8Array(visibility.buffer))) &&
    row.with_value === columns.withValue &&
    row.hidden_frames === columns.hiddenFrames &&
    row.hidden_max === columns.hiddenMax &&
    row.occluders === columns.occluders &&
    row.review === columns.review &&
    row.review_gaps === columns.reviewGaps &&
    row.note === columns.note
  );
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
