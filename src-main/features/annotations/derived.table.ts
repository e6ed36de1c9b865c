/**
 * Columns of `tracklet` that follow from its values, written in the same transaction, so that the grid filters without reading ranges.
 * Test: test/main/features/annotations.test.ts.
 */
import type { Reader, Writer } from '../../db/handles.ts';

export interface DerivedColumns {
  /** -1 = no value; null when no frame has one. */
  visibility: Int8Array | null;
  withValue: number;
  hiddenFrames: number;
  hiddenMax: number | null;
  occluders: string;
  review: 'none' | 'started' | 'reviewed' | 'disputed';
  note: string;
}

export type DerivedSource = readonly [field: string, start: number, end: number, value: string, origin: string];

export function deriveColumns(frames: number, values: readonly DerivedSource[]): DerivedColumns {
  const visibility = new Int8Array(frames).fill(-1);
  const occluders = new Set<string>();
  let flag: 'reviewed' | 'disputed' | null = null;
  let note = '';
  let byHuman = false;
  for (const [field, start, end, json, origin] of values) {
    const value: unknown = JSON.parse(json);
    if (origin === 'human') byHuman = true;
    if (field === 'visibility') visibility.fill(value as number, start, end + 1);
    else if (field === 'occluder') occluders.add(value as string);
    else if (field === 'reviewed') flag = value as 'reviewed' | 'disputed';
    else if (field === 'note') note = value as string;
  }
  let withValue = 0;
  let hiddenFrames = 0;
  let hiddenMax = -1;
  for (const value of visibility) {
    if (value < 0) continue;
    withValue++;
    if (value > 0) hiddenFrames++;
    if (value > hiddenMax) hiddenMax = value;
  }
  return {
    visibility: withValue === 0 ? null : visibility,
    withValue,
    hiddenFrames,
    hiddenMax: withValue === 0 ? null : hiddenMax,
    occluders: occluders.size === 0 ? '' : `,${[...occluders].sort().join()},`,
    review: flag ?? (byHuman ? 'started' : 'none'),
    note,
  };
}

export function refreshDerived(db: Writer, trackletId: number): void {
  const frames = db.column<number>('SELECT frames FROM tracklet WHERE id = ?', [trackletId])[0];
  if (frames === undefined) return;
  const columns = deriveColumns(
    frames,
    db.tuples<DerivedSource>('SELECT field, start, "end", value, origin FROM annotation WHERE tracklet_id = ?', [trackletId]),
  );
  db.run('UPDATE tracklet SET visibility = ?, with_value = ?, hidden_frames = ?, hidden_max = ?, occluders = ?, review = ?, note = ? WHERE id = ?', [
    columns.visibility && new Uint8Array(columns.visibility.buffer),
    columns.withValue,
    columns.hiddenFrames,
    columns.hiddenMax,
    columns.occluders,
    columns.review,
    columns.note,
    trackletId,
  ]);
}

/** undefined for a tracklet that is not there, or whose data set was removed or is still being imported. */
export function framesOf(db: Reader, trackletId: number): number | undefined {
  return db.column<number>(
    `SELECT t.frames FROM tracklet t JOIN dataset d ON d.id = t.dataset_id WHERE t.id = ? AND d.removed_at IS NULL AND d.state = 'ready'`,
    [trackletId],
  )[0];
}
