/** Facts about the project as a whole, in table `meta`. Test: test/main/features/jobsTable.test.ts. */
import type { Reader, Writer } from '../../db/handles.ts';

export function meta(db: Reader, _input: null): Record<string, string> {
  // The mark of an opening is for the database threads alone (db/overwritten.ts).
  return Object.fromEntries(db.tuples<[string, string]>("SELECT key, value FROM meta WHERE key <> 'opened_as' ORDER BY key"));
}

export function setMeta(db: Writer, input: Record<string, string>): void {
  for (const [key, value] of Object.entries(input))
    db.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [key, value]);
}
