/**
 * A database that somebody sent may hold triggers and views that run with the first write or look. So its schema is compared, to the letter,
 * with the one that this program's own steps make, before anything is read through it or written: only the list of what it holds is looked at.
 * Test: test/main/db/ownSchema.test.ts.
 */
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../../src-shared/errors.ts';
import type { Migration } from './migration.ts';

export const MIGRATION_TABLE = 'CREATE TABLE migration (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID';

interface Made {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

const SHOWN = 5;

/** Throws PROJECT_UNSAFE naming what is not ours; PROJECT_NEWER when a later version made it. An empty database passes. */
export function refuseForeignSchema(database: Database.Database, file: string, known: Migration[]): void {
  const found = madeIn(database);
  if (found.length === 0) return;
  let nearest: string[] | null = null;
  for (const expected of stages(known)) {
    const differences = difference(found, expected);
    if (differences.length === 0) return;
    if (nearest === null || differences.length <= nearest.length) nearest = differences;
  }
  const later = laterSteps(database, found, known);
  if (later.length > 0)
    throw new AppError(
      'PROJECT_NEWER',
      `The project ${dirname(file)} was written by a newer version of the program (it has the step "${later[0]}"). Nothing was changed.`,
      { file, id: later[0] ?? '' },
    );
  const names = nearest ?? [];
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  throw new AppError('PROJECT_UNSAFE', `The project ${dirname(file)} holds what this program did not make: ${names.slice(0, SHOWN).join(', ')}${more}.`, {
    file,
  });
}

/** Only making a project makes its tables: a file without any has lost them. Nothing is written. */
export function refuseEmpty(database: Database.Database, file: string): void {
  if (database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined) return;
  throw new AppError('PROJECT_DAMAGED', `The project database ${file} is empty: it holds no table at all. Nothing was changed.`, { file, empty: true });
}

function madeIn(database: Database.Database): Made[] {
  return database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all() as Made[];
}

/** The schema after the first step, after the second, and so on. */
function stages(known: Migration[]): Made[][] {
  const own = new Database(':memory:');
  try {
    own.exec(MIGRATION_TABLE);
    return known.map((migration) => {
      own.exec(migration.sql);
      return madeIn(own);
    });
  } finally {
    own.close();
  }
}

/** In words: `trigger "x"` is not ours, `table "y" (changed)`, `index "z" (missing)`. */
function difference(found: Made[], expected: Made[]): string[] {
  const nameOf = ({ type, name }: Made): string => `${type} "${name}"`;
  const texts = new Map(expected.map((made) => [nameOf(made), textOf(made)]));
  const result: string[] = [];
  const seen = new Set<string>();
  for (const made of found) {
    const name = nameOf(made);
    const text = texts.get(name);
    if (text === undefined || seen.has(name)) result.push(name);
    else if (text !== textOf(made)) result.push(`${name} (changed)`);
    seen.add(name);
  }
  for (const name of texts.keys()) if (!seen.has(name)) result.push(`${name} (missing)`);
  return result;
}

function textOf({ tbl_name, sql }: Made): string {
  return JSON.stringify([tbl_name, sql]);
}

/** Steps after all of ours. The list of steps is read only where it is the plain table that it should be. */
function laterSteps(database: Database.Database, found: Made[], known: Migration[]): string[] {
  if (!found.some(({ type, name, sql }) => type === 'table' && name === 'migration' && sql === MIGRATION_TABLE)) return [];
  const applied = database.prepare('SELECT id FROM migration ORDER BY id').pluck().all() as string[];
  return known.every(({ id }, index) => applied[index] === id) ? applied.slice(known.length) : [];
}
