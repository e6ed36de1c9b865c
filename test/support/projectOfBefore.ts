/**
 * Takes a project back to the schema before a step, with all its rows: what a program of before would have left. Tables that the step changed
 * are the caller's to fill; a column that is gone since has its default.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { openConnection } from '../../src-main/db/connection.ts';
import { knownMigrations, migrate } from '../../src-main/db/migrate.ts';
import type { Migration } from '../../src-main/db/migration.ts';

export interface DatabaseBefore {
  file: string;
  database: Database.Database;
  /** All steps of this program. */
  known: Migration[];
}

/** A new database of a folder, without rows, as the steps before `step` make it. */
export async function databaseBefore(folder: string, step: string): Promise<DatabaseBefore> {
  const file = join(folder, 'project.sqlite');
  const known = await knownMigrations();
  const database = openConnection(file, 'create');
  migrate(
    database,
    file,
    known.filter(({ id }) => id < step),
    1,
  );
  return { file, database, known };
}

/** Returns the database of before, open, with that of now attached as `now`. */
export async function takenBack(folder: string, step: string, changed: readonly string[]): Promise<Database.Database> {
  const file = join(folder, 'project.sqlite');
  for (const name of readdirSync(folder)) if (/^project\.sqlite-(wal|shm)$/.test(name)) throw new Error('the project is open');
  renameSync(file, `${file}.now`);
  const { database: before } = await databaseBefore(folder, step);
  before.pragma('foreign_keys = OFF');
  before.prepare('ATTACH ? AS now').run(`${file}.now`);
  const columnsOf = (schema: 'main' | 'now', table: string): string[] =>
    (before.pragma(`${schema}.table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const tables = before.prepare(`SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migration'`).pluck().all();
  for (const table of (tables as string[]).filter((name) => !changed.includes(name))) {
    const now = columnsOf('now', table);
    const columns = columnsOf('main', table)
      .filter((name) => now.includes(name))
      .map((name) => `"${name}"`)
      .join(', ');
    before.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM now.${table}`);
  }
  return before;
}

export function closeTakenBack(before: Database.Database, folder: string): void {
  before.exec('DETACH now');
  before.pragma('foreign_keys = ON');
  before.pragma('wal_checkpoint(TRUNCATE)');
  before.close();
  rmSync(join(folder, 'project.sqlite.now'));
}
