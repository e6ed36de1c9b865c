/**
 * Brings a project database to the schema of this program. Migrations are found by folder; the applied ones must be a prefix of the
 * known ones, and the schema theirs to the letter; all that are pending run in one transaction, after a checked copy into `backups/`.
 * A newer file is refused unchanged.
 * Test: test/main/db/migrations.test.ts.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { AppError } from '../../src-shared/errors.ts';
import { loadRegistry } from '../platform/registry.ts';
import { APPLICATION_ID, storageError } from './connection.ts';
import { backupFolder, finishCopy, pathOf, removeCopy } from './copies.ts';
import type { Migration } from './migration.ts';
import { MIGRATION_TABLE, refuseForeignSchema } from './ownSchema.ts';

export async function knownMigrations(): Promise<Migration[]> {
  const registry = await loadRegistry<Migration>(new URL('./migrations/', import.meta.url));
  return [...registry.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export interface MigrationReport {
  applied: string[];
  /** The copy made before, when there was something to copy. */
  backup: string | null;
}

export function migrate(database: Database.Database, file: string, known: Migration[], at: number, { copyFirst = true } = {}): MigrationReport {
  const newest = Math.max(0, ...known.map((migration) => migration.schema));
  const schema = database.pragma('user_version', { simple: true }) as number;
  const application = database.pragma('application_id', { simple: true }) as number;
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new AppError('PROJECT_DAMAGED', `${file} is a database, but not one of this program. Nothing was changed.`, { file });
  }
  if (schema > newest) {
    throw new AppError(
      'PROJECT_NEWER',
      `The project ${dirname(file)} was written by a newer version of the program (its schema is ${schema}, this version knows ${newest}). Nothing was changed.`,
      { file, schema, newest },
    );
  }
  refuseForeignSchema(database, file, known);
  const applied = tables === 0 ? [] : (database.prepare('SELECT id FROM migration ORDER BY id').pluck().all() as string[]);
  for (const [index, id] of applied.entries()) {
    const expected = known[index];
    // More steps than we know that left no trace in the schema: an older program can ignore them.
    if (!expected) return { applied: [], backup: null };
    if (expected.id !== id)
      throw new AppError(
        'PROJECT_NEWER',
        `The project ${dirname(file)} has the schema step "${id}" where this version expects "${expected.id}". Nothing was changed.`,
        { file, id },
      );
  }
  const pending = known.slice(applied.length);
  if (pending.length === 0) return { applied: [], backup: null };
  const backup = copyFirst && applied.length > 0 ? copyDatabase(database, file, { at, reason: 'Before the step to a newer version' }) : null;
  database.exec('BEGIN IMMEDIATE');
  try {
    if (tables === 0) database.exec(MIGRATION_TABLE);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    for (const migration of pending) {
      database.exec(migration.sql);
      database.prepare('INSERT INTO migration (id, at) VALUES (?, ?)').run(migration.id, at);
      database.pragma(`user_version = ${Math.max(migration.schema, database.pragma('user_version', { simple: true }) as number)}`);
    }
    const broken = database.pragma('foreign_key_check') as unknown[];
    if (broken.length > 0) throw new AppError('INTERNAL', `The schema step "${pending.at(-1)?.id ?? ''}" leaves ${broken.length} rows without their parent.`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw storageError(error, file);
  }
  return { applied: pending.map((migration) => migration.id), backup };
}

/** A checked copy in `backups/` beside the database, complete under its final name or not there at all. Returns its path. */
export function copyDatabase(database: Database.Database, file: string, { at, reason }: { at: number; reason: string }): string {
  const folder = backupFolder(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = join(folder, `unfinished-${process.pid}-${at}.part`);
  try {
    database.prepare('VACUUM INTO ?').run(unfinished);
    const { id } = finishCopy(unfinished, file, { at, reason });
    return pathOf(file, id);
  } catch (error) {
    removeCopy(unfinished);
    throw storageError(error, file);
  }
}
