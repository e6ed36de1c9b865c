/**
 * One database thread: the writer (migrates at start, one transaction a call, replies only after the commit) or a reader.
 * Runs table functions by name; logs those over 40 ms. Started by database.ts only. Test: test/main/db/database.test.ts.
 */
import { dirname } from 'node:path';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { AppError, toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { windowOf } from '../../src-shared/rpc.ts';
import { identityOf } from '../platform/fileIdentity.ts';
import { openAlone, openConnection, storageError } from './connection.ts';
import { readerOf, writerOf, type Reader, type Writer } from './handles.ts';
import { knownMigrations, migrate, type MigrationReport } from './migrate.ts';
import { storeCommandKey } from './commandKeys.ts';
import { MARK_KEY, watchContent, type ContentWatch, type Descriptors } from './overwritten.ts';
import { refuseEmpty } from './ownSchema.ts';
import { overwrittenIn, placeOf, setLogAside } from './place.ts';
import type { WorkerProgram } from './threadPrograms.ts';
import { keepDamagedWal, type WalDamage } from './walCheck.ts';
import { countsAsWork, countWork } from './work.ts';

export interface WorkerStart {
  role: 'writer' | 'reader';
  file: string;
  create: boolean;
  at: number;
  /** Upper limit of the file; null = none. */
  maxPages: number | null;
  /** What this opening is known by in the file; null for readers. */
  mark: string | null;
}

export type WorkerRequest =
  | { type: 'call'; id: number; table: string; fn: string; input: unknown; key: { key: string; at: number } | null }
  | { type: 'check'; id: number }
  | { type: 'badRows'; id: number; remove: boolean }
  /** From now on the bytes of the files are looked at as well. */
  | { type: 'watch'; id: number; descriptors: Descriptors }
  /** Throws when something is not as it was. */
  | { type: 'look'; id: number }
  | { type: 'close'; id: number };

export type WorkerReply =
  | { type: 'ready'; report: MigrationReport | null; wal: WalDamage | null }
  | { type: 'failed'; error: ErrorShape }
  | { type: 'done'; id: number; output: unknown; tookMs: number }
  | { type: 'error'; id: number; error: ErrorShape };

const ALONE_WITHIN_MS = 5000;

const start = workerData as WorkerStart;
const reply = (message: WorkerReply): void => parentPort?.postMessage(message);

/** The program of one thread. */
export async function serveDatabase(program: WorkerProgram): Promise<void> {
  if (!parentPort) throw new Error('a thread of the database runs in a worker thread');
  try {
    await serve(parentPort, program);
  } catch (error) {
    reply({ type: 'failed', error: toErrorShape(storageError(error, start.file)) });
    parentPort.close();
  }
}

async function serve(port: MessagePort, { tables, checkRows }: WorkerProgram): Promise<void> {
  // Whoever opens the database first drops what a damaged log holds.
  const wal = start.role === 'writer' && !start.create ? keepDamagedWal(start.file, start.at) : null;
  // Also without the lock of the project folder nobody else can write: the file itself says whether it is open elsewhere.
  if (start.role === 'writer' && !start.create) openAlone(start.file, ALONE_WITHIN_MS, (database) => refuseEmpty(database, start.file));
  const before = identityOf(start.file);
  const database = openConnection(start.file, start.role === 'reader' ? 'read' : start.create ? 'create' : 'write');
  let report: MigrationReport | null = null;
  try {
    if (start.role === 'writer') report = migrate(database, start.file, await knownMigrations(), start.at);
  } catch (error) {
    database.close();
    throw error;
  }
  if (start.mark !== null) markFile(database, start.mark);
  if (start.maxPages !== null) database.pragma(`max_page_count = ${start.maxPages}`);
  const handle: Reader | Writer = start.role === 'writer' ? writerOf(database) : readerOf(database);
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const place = start.role === 'writer' ? placeOf(start.file, before) : null;
  let content: ContentWatch | null = null;
  let isAside = false;
  reply({ type: 'ready', report, wal });

  port.on('message', (request: WorkerRequest) => {
    const startedAt = performance.now();
    try {
      const output = answer(request);
      reply({ type: 'done', id: request.id, output, tookMs: performance.now() - startedAt });
      if (request.type === 'close') port.close();
    } catch (error) {
      reply({ type: 'error', id: request.id, error: toErrorShape(storageError(error, start.file)) });
    }
  });

  function answer(request: WorkerRequest): unknown {
    switch (request.type) {
      case 'call':
        return start.role === 'writer' ? inTransaction(request) : tableFunction(tables, request.table, request.fn)(handle, request.input);
      case 'check':
        return database.pragma('quick_check', { simple: true });
      case 'badRows':
        return checkRows(database, dirname(start.file), request);
      case 'watch':
        content = start.mark === null ? null : watchContent(request.descriptors, start.mark, sleep);
        // A mark that could not be written, as on a full disk, cannot be asked for.
        if (content?.overwritten() === 'database') content = null;
        return null;
      case 'look':
        refuseMoved();
        return null;
      case 'close':
        // Readers hold no log; the writer empties it, so that the folder can be copied as it is. Not a log that belongs to another file by now.
        if (place && !place.isLost() && !content?.overwritten()) database.pragma('wal_checkpoint(TRUNCATE)');
        database.close();
        return null;
    }
  }

  function refuseMoved(): void {
    const problem = isAside ? null : place?.problem();
    if (problem) throw problem;
    const overwritten = content?.overwritten();
    if (!overwritten) return;
    // At once: a program that is killed before it closes must not leave its log beside the file of another.
    if (!isAside) setLogAside(start.file, start.at);
    isAside = true;
    throw overwrittenIn(start.file, overwritten);
  }

  function inTransaction(request: Extract<WorkerRequest, { type: 'call' }>): unknown {
    const call = tableFunction(tables, request.table, request.fn);
    (handle as Writer).madeIn = windowOf(request.key?.key ?? null);
    refuseMoved();
    begin.run();
    try {
      const output = call(handle, request.input);
      if (countsAsWork(request.table, request.fn)) countWork(handle as Writer);
      if (request.key) storeCommandKey(handle as Writer, { ...request.key, output });
      commit.run();
      // What was committed while the file was moved away is not acknowledged: who sent it still has it.
      refuseMoved();
      return output;
    } catch (error) {
      // SQLite rolls back by itself on some errors, such as a full disk.
      if (database.inTransaction) rollback.run();
      throw (error as { code?: unknown } | null)?.code === 'SQLITE_FULL' ? (usedUp(database, start.file) ?? error) : error;
    }
  }
}

/** Into the file itself, past the log. A disk that is full keeps nobody from looking. */
function markFile(database: Database.Database, mark: string): void {
  try {
    database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(MARK_KEY, mark);
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // Then an overwritten file is not noticed, as before.
  }
}

/** SQLite says of a table that has given its last number what it says of a full disk. */
function usedUp(database: Database.Database, file: string): AppError | null {
  const table = database.prepare(`SELECT name FROM sqlite_sequence WHERE seq >= ${Number.MAX_SAFE_INTEGER}`).pluck().get() as string | undefined;
  if (table === undefined) return null;
  return new AppError(
    'PROJECT_DAMAGED',
    `Table "${table}" of the project ${dirname(file)} has no number left for a new row: its counter in "sqlite_sequence" stands at its end. Nothing was changed.`,
    { file, table },
  );
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function tableFunction(tables: WorkerProgram['tables'], table: string, fn: string): (db: Reader | Writer, input: unknown) => unknown {
  const call = tables[table]?.[fn];
  if (typeof call !== 'function') throw new Error(`there is no table function ${table}.${fn}`);
  return call as (db: Reader | Writer, input: unknown) => unknown;
}
