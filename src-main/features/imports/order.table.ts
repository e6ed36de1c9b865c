/**
 * After an update: people, cameras and media that nothing uses go, and ordering by id is ordering by number, on which the grid relies.
 * Test: test/main/features/imports/changesTable.test.ts.
 */
import type { Writer } from '../../db/handles.ts';

export function forgetWhatIsUnused(db: Writer, datasetId: number, pids: ReadonlySet<number>, camids: ReadonlySet<number>): void {
  db.run('DELETE FROM media WHERE dataset_id = ? AND NOT EXISTS (SELECT 1 FROM tracklet WHERE media_id = media.id)', [datasetId]);
  for (const [id, pid] of db.tuples<[number, number]>('SELECT id, pid FROM identity WHERE dataset_id = ?', [datasetId]))
    if (!pids.has(pid)) db.run('DELETE FROM identity WHERE id = ?', [id]);
  for (const [id, camid] of db.tuples<[number, number]>('SELECT id, camid FROM camera WHERE dataset_id = ?', [datasetId]))
    if (!camids.has(camid)) db.run('DELETE FROM camera WHERE id = ?', [id]);
}

const KIND_ORDER = `CASE kind WHEN 'person' THEN 0 WHEN 'distractor' THEN 1 ELSE 2 END`;

/** Ordering by id is ordering by number (the grid relies on it): where new ones came in between, all get new ids. */
export function keepOrder(db: Writer, datasetId: number): void {
  renumber(db, datasetId, { table: 'identity', number: 'pid', order: `${KIND_ORDER}, pid`, copied: 'name, kind', column: 'identity_id' });
  renumber(db, datasetId, { table: 'camera', number: 'camid', order: 'camid', copied: 'name', column: 'camera_id' });
}

function renumber(
  db: Writer,
  datasetId: number,
  { table, number, order, copied, column }: Record<'table' | 'number' | 'order' | 'copied' | 'column', string>,
): void {
  const wanted = db.column<number>(`SELECT id FROM ${table} WHERE dataset_id = ? ORDER BY ${order}`, [datasetId]);
  if (wanted.every((id, index) => id > (wanted[index - 1] ?? 0))) return;
  for (const id of wanted) {
    const own = db.column<number>(`SELECT ${number} FROM ${table} WHERE id = ?`, [id])[0] ?? 0;
    // A number that no source has makes room for the new row.
    db.run(`UPDATE ${table} SET ${number} = ? WHERE id = ?`, [-1_000_000_000_000 - id, id]);
    const fresh = db.run(`INSERT INTO ${table} (dataset_id, ${number}, ${copied}) SELECT dataset_id, ?, ${copied} FROM ${table} WHERE id = ?`, [own, id]).id;
    db.run(`UPDATE tracklet SET ${column} = ? WHERE ${column} = ?`, [fresh, id]);
    db.run(`DELETE FROM ${table} WHERE id = ?`, [id]);
  }
}
