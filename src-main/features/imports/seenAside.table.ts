/**
 * Table `seen_aside`: what people were shown of frames that are gone, by content, until they stand somewhere again.
 * Test: test/main/features/imports/giveBack.test.ts.
 */
import { addSeen, noneSeen, type SeenColumns } from '../../../src-shared/fields/seen.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { contentAt, type ContentColumns } from './contents.ts';

const COLUMNS = [
  ['shown_ms', 4],
  ['slowest', 1],
  ['fastest', 1],
] as const;
type SeenRow = Record<'shown_ms' | 'slowest' | 'fastest', Uint8Array> & { annotator: string };

/** What was shown to whom moves with the pictures: one that came or changed was shown to nobody. */
export function followSeen(db: Writer, trackletId: number, from: Int32Array): void {
  for (const row of seenRows(db, trackletId)) {
    const moved = COLUMNS.map(([name, bytes]) => {
      const column = new Uint8Array(from.length * bytes);
      for (const [position, place] of from.entries()) if (place >= 0) column.set(row[name].subarray(place * bytes, (place + 1) * bytes), position * bytes);
      return column;
    });
    db.run('UPDATE seen SET shown_ms = ?, slowest = ?, fastest = ? WHERE tracklet_id = ? AND annotator = ?', [...moved, trackletId, row.annotator]);
  }
}

function seenRows(db: Reader, trackletId: number): SeenRow[] {
  return db.all<SeenRow>('SELECT * FROM seen WHERE tracklet_id = ?', [trackletId]);
}

/** Of frames of a tracklet that lose their place. */
export function keepSeen(db: Writer, datasetId: number, before: ContentColumns & { id: number }, lost: Iterable<number>): void {
  const rows = seenRows(db, before.id).map((row) => ({ annotator: row.annotator, columns: columnsOf(row) }));
  if (rows.length === 0) return;
  for (const position of lost) {
    const content = contentAt(before, position);
    if (content === null) continue;
    for (const { annotator, columns } of rows) {
      const [shownMs, slowest, fastest] = [columns.shownMs[position] ?? 0, columns.slowest[position] ?? 0, columns.fastest[position] ?? 0];
      if (fastest === 0) continue;
      db.run(
        `INSERT INTO seen_aside (dataset_id, content, annotator, shown_ms, slowest, fastest) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (dataset_id, content, annotator) DO UPDATE SET shown_ms = min(4294967295, shown_ms + excluded.shown_ms),
           slowest = min(slowest, excluded.slowest), fastest = max(fastest, excluded.fastest)`,
        [datasetId, content, annotator, shownMs, slowest, fastest],
      );
    }
  }
}

export function seenContents(db: Reader, datasetId: number): string[] {
  return db.column<string>('SELECT DISTINCT content FROM seen_aside WHERE dataset_id = ?', [datasetId]);
}

/** `fateOf`: where a content stands; null where nowhere; undefined where it cannot be told, for which nothing is kept any longer. Returns the tracklets. */
export function giveSeenBack(
  db: Writer,
  datasetId: number,
  fateOf: (content: string) => { trackletId: number; position: number } | null | undefined,
): Set<number> {
  const columns = new Map<string, { trackletId: number; annotator: string; columns: SeenColumns }>();
  const rows = db.tuples<[string, string, number, number, number]>(
    'SELECT content, annotator, shown_ms, slowest, fastest FROM seen_aside WHERE dataset_id = ?',
    [datasetId],
  );
  for (const [content, annotator, shownMs, slowest, fastest] of rows) {
    const fate = fateOf(content);
    if (fate === null) continue;
    db.run('DELETE FROM seen_aside WHERE dataset_id = ? AND content = ? AND annotator = ?', [datasetId, content, annotator]);
    if (fate === undefined) continue;
    const key = `${fate.trackletId} ${annotator}`;
    let known = columns.get(key);
    if (!known) {
      const frames = db.column<number>('SELECT frames FROM tracklet WHERE id = ?', [fate.trackletId])[0] ?? 0;
      const into = noneSeen(frames);
      const stored = seenRows(db, fate.trackletId).find((row) => row.annotator === annotator);
      if (stored) addSeen(into, 0, columnsOf(stored));
      columns.set(key, (known = { trackletId: fate.trackletId, annotator, columns: into }));
    }
    addSeen(known.columns, fate.position, { shownMs: Uint32Array.of(shownMs), slowest: Uint8Array.of(slowest), fastest: Uint8Array.of(fastest) });
  }
  for (const { trackletId, annotator, columns: now } of columns.values())
    db.run(
      `INSERT INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at)
       VALUES (@id, @annotator, @shown, @slowest, @fastest, coalesce((SELECT updated_at FROM seen WHERE tracklet_id = @id AND annotator = @annotator), 0))
       ON CONFLICT (tracklet_id, annotator) DO UPDATE SET shown_ms = excluded.shown_ms, slowest = excluded.slowest, fastest = excluded.fastest`,
      { id: trackletId, annotator, shown: new Uint8Array(now.shownMs.buffer), slowest: now.slowest, fastest: now.fastest },
    );
  return new Set(Array.from(columns.values(), ({ trackletId }) => trackletId));
}

function columnsOf(row: SeenRow): SeenColumns {
  return { shownMs: new Uint32Array(row.shown_ms.slice().buffer), slowest: row.slowest.slice(), fastest: row.fastest.slice() };
}
