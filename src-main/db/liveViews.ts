/**
 * What a reading connection sees: the project as if removed data sets and runs had been deleted, and as if a data set that is being imported
 * did not exist yet. Every table that hangs on a table with a column `removed_at` gets a temporary view under its own name, which SQLite finds before the table; so no query can forget a condition.
 * Derived from the foreign keys: where a deletion would cascade, rows are hidden; where it would set NULL, the column reads NULL.
 *
 * A query that names an index (`INDEXED BY`) must say `main.tracklet` and ask for `dataset_id IN (SELECT id FROM dataset)` itself; SQLite
 * refuses it otherwise. Writing connections see the tables as they are.
 * Tests: test/main/features/removed.test.ts, test/main/features/imports/chunks.test.ts, test/main/db/derived.test.ts.
 */
import type Database from 'better-sqlite3';

interface ForeignKey {
  table: string;
  from: string;
  to: string;
  on_delete: string;
}

/** References that are kept without a foreign key, since a job outlives what it was for. */
const LOOSE: Record<string, ForeignKey[]> = {
  job: [
    { table: 'run', from: 'run_id', to: 'id', on_delete: 'CASCADE' },
    { table: 'dataset', from: 'dataset_id', to: 'id', on_delete: 'CASCADE' },
  ],
};

/** Tables whose rows lead to two data sets: a member of a derived one is hidden where either is, its set or that of its tracklet. */
const TWO_ROOTS = new Set(['dataset_member']);

function isHidden(table: string, alias: string): string {
  return [`${alias}.removed_at IS NOT NULL`, ...(table === 'dataset' ? [`${alias}.state <> 'ready'`] : [])].join(' OR ');
}

/** The same rule as a condition on a data set, for writing connections, which have no views. */
export function isLiveDataset(alias: string): string {
  return `NOT (${isHidden('dataset', alias)})`;
}

export function createLiveViews(database: Database.Database): void {
  const tables = database.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").pluck().all() as string[];
  const columnsOf = new Map(tables.map((table) => [table, (database.pragma(`main.table_info(${table})`) as { name: string }[]).map(({ name }) => name)]));
  const keysOf = new Map(tables.map((table) => [table, [...(database.pragma(`main.foreign_key_list(${table})`) as ForeignKey[]), ...(LOOSE[table] ?? [])]]));
  const isRoot = (table: string): boolean => columnsOf.get(table)?.includes('removed_at') ?? false;
  const hiddenIds = (table: string): string => `(SELECT h.id FROM main.${table} h WHERE ${isHidden(table, 'h')})`;

  /** True for a row, named by `alias`, that is not to be seen; null where a table has no such rows. */
  function hidden(table: string, alias: string, seen: readonly string[]): string | null {
    const conditions = isRoot(table) ? [isHidden(table, alias)] : [];
    const cascading = (keysOf.get(table) ?? []).filter((key) => key.on_delete === 'CASCADE' && !seen.includes(key.table));
    const direct = cascading.filter((key) => isRoot(key.table));
    conditions.push(...direct.map((key) => `ifnull(${alias}.${key.from} IN ${hiddenIds(key.table)}, 0)`));
    // One way to the root is enough: a tracklet's identity and camera belong to its own data set.
    if (direct.length === 0 || TWO_ROOTS.has(table))
      for (const key of cascading.filter((one) => !direct.includes(one))) {
        const parent = `${alias}_`;
        const above = hidden(key.table, parent, [...seen, table]);
        if (above !== null)
          conditions.push(`EXISTS (SELECT 1 FROM main.${key.table} ${parent} WHERE ${parent}.${key.to} = ${alias}.${key.from} AND (${above}))`);
      }
    return conditions.length === 0 ? null : conditions.join(' OR ');
  }

  database.pragma('temp_store = MEMORY');
  for (const table of tables) {
    const condition = hidden(table, 't', []);
    const loosened = new Set((keysOf.get(table) ?? []).filter((key) => key.on_delete === 'SET NULL' && isRoot(key.table)).map((key) => key.from));
    if (condition === null && loosened.size === 0) continue;
    const columns = (columnsOf.get(table) ?? []).map((name) => {
      const key = (keysOf.get(table) ?? []).find((one) => one.from === name);
      return loosened.has(name) && key ? `CASE WHEN t.${name} IN ${hiddenIds(key.table)} THEN NULL ELSE t.${name} END AS ${name}` : `t."${name}"`;
    });
    database.exec(`CREATE TEMP VIEW ${table} AS SELECT ${columns.join(', ')} FROM main.${table} t${condition === null ? '' : ` WHERE NOT (${condition})`}`);
  }
}
