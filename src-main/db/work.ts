/**
 * How much has been done in a project: a number in `meta` that grows with every write that a person would miss, in its own transaction.
 * A copy with the same number holds the same work, so no second one is made. Test: test/main/features/backups.test.ts.
 */
import type Database from 'better-sqlite3';
import type { Writer } from './handles.ts';

/** Writes that are the program's own books: where a job stands, what was answered, pieces of an import that nobody sees yet. Everything else counts, also what is added later. */
const BOOKKEEPING: Record<string, readonly string[] | 'all'> = {
  jobs: 'all',
  keys: 'all',
  runs: ['update'],
  project: ['setMeta'],
  seen: 'all',
  derived: 'all',
  imports: ['begin', 'addPiece', 'removeSome'],
};

export function countsAsWork(table: string, fn: string): boolean {
  const names = BOOKKEEPING[table];
  return names !== 'all' && !names?.includes(fn);
}

export function countWork(db: Writer): void {
  db.run("INSERT INTO meta (key, value) VALUES ('work', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)");
}

export function readWork(database: Database.Database): number {
  return countIn(database.prepare("SELECT value FROM meta WHERE key = 'work'").pluck().get());
}

/** A number as `meta` keeps it; 0 for one that is missing or damaged, as SQL's CAST has it. */
export function countIn(value: unknown): number {
  const count = Number(value ?? 0);
  return Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

export function setWork(database: Database.Database, work: number): void {
  database.prepare("INSERT INTO meta (key, value) VALUES ('work', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(String(work));
}

/** The same database, whose writes that count are told after their commit. */
export function watchWork<Db extends { write(...args: never[]): Promise<unknown> }>(db: Db, onWork: () => void): Db {
  const write = async (...args: Parameters<Db['write']>): Promise<unknown> => {
    const output = await db.write(...args);
    if (countsAsWork(String(args[0]), String(args[1]))) onWork();
    return output;
  };
  // Property by property, so that what is read when it is asked for stays so, and a copy of the object has all of it.
  return Object.defineProperties({} as Db, { ...Object.getOwnPropertyDescriptors(db), write: { value: write, enumerable: true, writable: true } });
}
