/**
 * Table `seen`: what each person was shown of a tracklet. No step of history; adding is cheap and in any order.
 * Tests: test/main/features/seenRows.test.ts, test/main/features/seen.test.ts.
 */
import { AppError } from '../../../src-shared/errors.ts';
import { addSeen, noneSeen, type SeenColumns } from '../../../src-shared/fields/seen.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { framesOf, refreshDerived } from './derived.table.ts';

interface Stored {
  shown_ms: Uint8Array;
  slowest: Uint8Array;
  fastest: Uint8Array;
}

/** Of all people together; null when nobody was shown anything. */
export function seenOf(db: Reader, input: { trackletId: number }): SeenColumns | null {
  const frames = framesOf(db, input.trackletId);
  if (frames === undefined) throw noTracklet(input.trackletId);
  const rows = db.all<Stored>('SELECT shown_ms, slowest, fastest FROM seen WHERE tracklet_id = ?', [input.trackletId]);
  if (rows.length === 0) return null;
  const columns = noneSeen(frames);
  for (const row of rows) addSeen(columns, 0, columnsOf(row));
  return columns;
}

export interface AddSeenInput extends SeenColumns {
  trackletId: number;
  annotator: string;
  /** Position of the first entry. */
  start: number;
  at: number;
}

/** `reviewChanged`: a reviewed tracklet has fewer gaps than before. */
export function add(db: Writer, input: AddSeenInput): { reviewChanged: boolean } {
  const { trackletId, annotator, start } = input;
  const frames = framesOf(db, trackletId);
  if (frames === undefined) throw noTracklet(trackletId);
  if (start + input.shownMs.length > frames)
    throw new AppError(
      'BAD_INPUT',
      `annotations.addSeen: frames ${start} to ${start + input.shownMs.length - 1} of tracklet ${trackletId} were named, which has ${frames}.`,
      { key: 'start', trackletId },
    );
  const stored = db.get<Stored>('SELECT shown_ms, slowest, fastest FROM seen WHERE tracklet_id = ? AND annotator = ?', [trackletId, annotator]);
  const columns = noneSeen(frames);
  if (stored) addSeen(columns, 0, columnsOf(stored));
  addSeen(columns, start, input);
  db.run('INSERT OR REPLACE INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at) VALUES (?, ?, ?, ?, ?, ?)', [
    trackletId,
    annotator,
    new Uint8Array(columns.shownMs.buffer),
    columns.slowest,
    columns.fastest,
    input.at,
  ]);
  const gapsOf = (): number | undefined => db.column<number>(`SELECT review_gaps FROM tracklet WHERE id = ? AND review = 'reviewed'`, [trackletId])[0];
  const before = gapsOf();
  if (before === undefined) return { reviewChanged: false };
  refreshDerived(db, trackletId);
  return { reviewChanged: gapsOf() !== before };
}

function columnsOf(row: Stored): SeenColumns {
  return { shownMs: new Uint32Array(row.shown_ms.slice().buffer), slowest: row.slowest.slice(), fastest: row.fastest.slice() };
}

function noTracklet(id: number): AppError {
  return new AppError('NOT_FOUND', `There is no tracklet ${id}.`, { trackletId: id });
}
