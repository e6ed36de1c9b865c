/**
 * Ends steps of history that can be neither undone nor redone any more, and those that cannot be without them: what a step in force gave stays, so
 * an older one on the same rows would be undone onto values that it knows nothing of, and one that was taken back later would be redone without
 * what it was made upon. Whoever takes a step out does it here. Test: test/main/features/history/endedSteps.test.ts.
 */
import type { Writer } from '../../db/handles.ts';
import { meets, rowsOfStep } from './stepRows.ts';

/** Returns how many ended, with those that had to. */
export function endSteps(db: Writer, ids: Iterable<number>): number {
  const ended = new Set(ids);
  if (ended.size === 0) return 0;
  return (
    endAlong(db, ended, db.column<number>('SELECT id FROM history WHERE undone = 0 ORDER BY id DESC')) +
    endAlong(db, ended, db.column<number>('SELECT id FROM history WHERE undone = 1 ORDER BY id'))
  );
}

/** `steps`: in the order in which they would be undone, or redone. */
function endAlong(db: Writer, ended: ReadonlySet<number>, steps: readonly number[]): number {
  const rows = new Set<string>();
  let count = 0;
  for (const id of steps) {
    if (count === 0 && !ended.has(id)) continue;
    const own = rowsOfStep(db.get<{ patch: string; inverse: string }>('SELECT patch, inverse FROM history WHERE id = ?', [id]) ?? { patch: '', inverse: '' });
    if (!ended.has(id) && !meets(own, rows)) continue;
    for (const row of own) rows.add(row);
    db.run('DELETE FROM history WHERE id = ?', [id]);
    count++;
  }
  return count;
}
