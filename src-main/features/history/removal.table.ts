/**
 * Naming a data set or a run, removing it, and bringing it back: one column of its row, which every reader follows (db/liveViews.ts). Its name becomes
 * free at once. Tests: test/main/features/history/removal.test.ts, test/main/features/removed.test.ts.
 */
import { z } from 'zod';
import type { Reader, Writer } from '../../db/handles.ts';

const REMOVABLE = ['dataset', 'run'] as const;
export type Removable = (typeof REMOVABLE)[number];

/** No name that a person types begins with this. */
const FREED = '\u0001';

/** Of a stored step: none that would pass for a freed one. */
export const givenName = z.string().refine((given) => !given.startsWith(FREED));

export function rename(db: Writer, { table, ids, values }: { table: Removable; ids: readonly (number | string)[]; values: { name: string } }): void {
  for (const id of ids) db.run(`UPDATE ${known(table)} SET name = ? WHERE id = ?`, [values.name, id]);
}

export function hide(db: Writer, { table, id, at }: { table: Removable; id: number | string; at: number }): void {
  db.run(`UPDATE ${known(table)} SET removed_at = ?, removed_name = name, name = ? WHERE id = ? AND removed_at IS NULL`, [at, `${FREED}${id}`, id]);
}

/** Under its old name, or a free one beside it: another may have taken it meanwhile. */
export function bringBack(db: Writer, { table, id }: { table: Removable; id: number | string }): void {
  const wanted = db.column<string>(`SELECT removed_name FROM ${known(table)} WHERE id = ? AND removed_at IS NOT NULL`, [id])[0];
  if (wanted === undefined) return;
  db.run(`UPDATE ${table} SET removed_at = NULL, removed_name = NULL, name = ? WHERE id = ?`, [freeName(db, table, wanted), id]);
}

/** "Set", "Set (2)", … */
export function freeName(db: Reader, table: Removable, wanted: string): string {
  const taken = new Set(db.column<string>(`SELECT name FROM ${known(table)}`));
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted} (${n})`;
    if (!taken.has(name)) return name;
  }
}

/** Table names come from a stored patch; only ours get into the text of a statement. */
function known(table: Removable): Removable {
  if (!REMOVABLE.includes(table)) throw new Error(`"${String(table)}" cannot be removed by a step`);
  return table;
}
