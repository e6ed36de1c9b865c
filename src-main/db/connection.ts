/**
 * Opens one SQLite connection with the settings that make an acknowledged write survive a power cut, and reads each one back:
 * WAL alone would mean `synchronous=NORMAL`, which loses committed work. SQLite's errors become the program's here.
 * Test: test/main/db/database.test.ts.
 */
import { closeSync, existsSync, lstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { databaseError } from '../../src-shared/storageErrors.ts';
import { circumstancesOf } from './circumstances.ts';
import { createLiveViews } from './liveViews.ts';

/** "TRKL": tells our files from any other SQLite file. */
export const APPLICATION_ID = 0x54524b4c;

const SETTINGS: [name: string, set: string | null, expected: string | number][] = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2],
  ['foreign_keys', 'ON', 1],
  ['busy_timeout', '5000', 5000],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['secure_delete', 'ON', 1],
  ['mmap_size', '0', 0],
  ['wal_autocheckpoint', '1000', 1000],
  ['fullfsync', 'ON', 1],
  ['checkpoint_fullfsync', 'ON', 1],
];

/** A connection that writes makes WAL of the file; one that only reads leaves the file as it is, and sees nothing that was removed. */
export function openConnection(file: string, mode: 'read' | 'write' | 'create'): Database.Database {
  let database: Database.Database;
  refuseOddFiles(file);
  try {
    // For this user alone; SQLite gives its log the same permissions.
    if (mode === 'create' && !existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
    database = new Database(file, { readonly: mode === 'read', fileMustExist: mode !== 'create', timeout: 5000 });
  } catch (error) {
    throw storageError(error, file);
  }
  try {
    for (const [name, value, expected] of SETTINGS) {
      if (mode === 'read' && (name === 'journal_mode' || name === 'secure_delete' || name === 'wal_autocheckpoint')) continue;
      database.pragma(`${name} = ${value}`);
      const actual: unknown = database.pragma(name, { simple: true });
      // Without memory mapping compiled in there is nothing to read back.
      if (actual !== expected && actual !== undefined)
        throw new AppError(
          'UNSUPPORTED',
          `The database setting ${name} is ${String(actual)} instead of ${expected}; the folder may be on a network drive, where writes are not safe.`,
          { setting: name },
        );
    }
    if (mode === 'read') createLiveViews(database);
    return database;
  } catch (error) {
    database.close();
    throw storageError(error, file);
  }
}

/**
 * Opens the database so that nobody else can have it open, uses it, and closes it again. The lock is on the file itself, whatever name it
 * has: a host whose lock file was deleted still has its database open, and so is found. Readers count too; a compute child whose host was
 * killed ends by itself within a second or two, hence the wait.
 */
export function openAlone<T>(file: string, waitMs: number, use: (database: Database.Database) => T): T {
  let database: Database.Database;
  refuseOddFiles(file);
  try {
    database = new Database(file, { fileMustExist: true, timeout: waitMs });
  } catch (error) {
    throw storageError(error, file);
  }
  try {
    database.pragma('trusted_schema = OFF');
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
    const result = use(database);
    database.exec('ROLLBACK');
    return result;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'SQLITE_BUSY')
      throw new AppError(
        'PROJECT_LOCKED',
        `The database of the project ${dirname(file)} is open in another program.`,
        { folder: dirname(file), pid: 0 },
        { cause: error },
      );
    throw storageError(error, file);
  } finally {
    database.close();
  }
}

/**
 * SQLite follows links, and deletes the file that a rollback journal names: a project that somebody sent could make it write or delete what
 * lies outside. Ours are plain files, and never have such a journal.
 */
export function refuseOddFiles(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    const found = lstatSync(`${file}${suffix}`, { throwIfNoEntry: false });
    if (!found || (found.isFile() && (suffix !== '-journal' || found.size === 0))) continue;
    const what = suffix === '-journal' && found.isFile() ? 'a journal that this program never leaves' : 'no plain file';
    throw new AppError('PROJECT_UNSAFE', `The file ${file}${suffix} is ${what}; the project is not opened.`, { file: `${file}${suffix}` });
  }
}

/** SQLite's result codes → sentences. Anything else passes unchanged. */
export function storageError(error: unknown, file: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new AppError('PROJECT_DAMAGED', `The project database ${file} is damaged (${text}). Nothing was changed.`, { file }, { cause: error });
  }
  const known = databaseError(code, text, file, circumstancesOf(file), error);
  if (known) return known;
  if (code.startsWith('SQLITE_CONSTRAINT')) return new AppError('CONFLICT', `The change contradicts what is stored (${text}).`, {}, { cause: error });
  return new AppError('INTERNAL', `${code}: ${toErrorShape(error).message}`, {}, { cause: error });
}
