/**
 * The state that a data set is in: of names, frames, boxes and pictures. An imported one notes it; of one that is made of others it follows from the
 * states of its sources and the keys of its members, so that an update of a source is an update of it, and what was computed before is told apart.
 * Test: test/main/features/datasets/derivedContent.test.ts.
 */
import { createHash } from 'node:crypto';
import type { Reader } from '../../db/handles.ts';
import { trackletsOf } from './tracklets.table.ts';

/** null when the data set is gone. */
export function contentHash(db: Reader, datasetId: number): string | null {
  const [row] = db.tuples<[string, string | null]>('SELECT content_hash, recipe FROM dataset WHERE id = ?', [datasetId]);
  if (!row) return null;
  const [noted, recipe] = row;
  return recipe === null ? noted : derivedHash(db, datasetId);
}

/** sha256 over a line of JSON a member, [state of its source, key], by source in their order, then by key as bytes. Row ids do not enter. */
function derivedHash(db: Reader, datasetId: number): string {
  const { grid, imported } = trackletsOf(db, datasetId);
  const keys = new Map(imported.map((id): [number, string[]] => [id, []]));
  for (const [source, key] of db.tuples<[number, string]>(`SELECT t.dataset_id, t.key FROM ${grid.from} WHERE ${grid.where} ORDER BY t.key`, [datasetId]))
    keys.get(source)?.push(key);
  const hash = createHash('sha256');
  for (const [source, ofSource] of keys) {
    const [state = ''] = db.column<string>('SELECT content_hash FROM dataset WHERE id = ?', [source]);
    for (const key of ofSource) hash.update(`${JSON.stringify([state, key])}\n`);
  }
  return hash.digest('hex');
}
