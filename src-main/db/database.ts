/**
 * The project database: one writer thread and two reader threads, each with its own connection. A write is one transaction and
 * answers after its commit, so what is acknowledged is durable. Typed by the table modules; SQL never leaves the threads.
 * Example: `await db.read('tracklets', 'rows', { ids })`. Test: test/main/db/database.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { AppError, fromErrorShape } from '../../src-shared/errors.ts';
import type { Log } from '../platform/log.ts';
import type { Reader, Writer } from './handles.ts';
import type { MigrationReport } from './migrate.ts';
import { closeDescriptors, openDescriptors } from './overwritten.ts';
import { isOverwritten, placeOf, type DatabasePlace } from './place.ts';
import type { BadRows } from './threadPrograms.ts';
import type { WalDamage } from './walCheck.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker.ts';

const SLOW_MS = 40;
const READERS = 2;

type InputOf<Fn> = Fn extends (db: never, input: infer I) => unknown ? I : never;
type OutputOf<Fn> = Fn extends (db: never, input: never) => infer O ? O : never;
/** Names of the functions of a table module that need no more than `Handle`. */
type Callable<Tables, T extends keyof Tables, Handle> = {
  [F in keyof Tables[T]]: Tables[T][F] extends (db: infer D, input: never) => unknown ? (Handle extends D ? F : never) : never;
}[keyof Tables[T]];

export interface DatabaseOf<Tables> {
  read<T extends keyof Tables, F extends Callable<Tables, T, Reader>>(table: T, fn: F, input: InputOf<Tables[T][F]>): Promise<OutputOf<Tables[T][F]>>;
  /** One transaction. With `key` the output is stored under it, so that a repeat of the command finds it. */
  write<T extends keyof Tables, F extends Callable<Tables, T, Writer>>(
    table: T,
    fn: F,
    input: InputOf<Tables[T][F]>,
    options?: { key?: string | null },
  ): Promise<OutputOf<Tables[T][F]>>;
  /** Whether the file is still in its place; writes are refused while it is not. */
  readonly place: DatabasePlace;
  /** Looks also at the bytes of the files; `place` tells what it found. */
  look(): Promise<void>;
  /** Work that changes the file through a connection of its own: writes wait until it is over. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  readonly migration: MigrationReport | null;
  /** What a damaged write-ahead log has cost, found when the database was opened. */
  readonly walDamage: WalDamage | null;
  /** SQLite's quick check of the whole file: 'ok' or what is wrong. Slow on large projects. */
  check(): Promise<string>;
  /** Rows whose values cannot be. With `remove` they go, and what hangs on them: of a private copy. */
  badRows(options: { remove: boolean }): Promise<BadRows>;
  /** Answers what is under way, empties the log into the file, closes. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Of the program of its threads: `serveDatabase` with the tables. */
  thread: URL;
  file: string;
  create: boolean;
  clock(): number;
  log: Log;
  /** The file may not grow beyond this many pages, or beyond what it has; SQLite then answers as on a full disk. */
  maxPages?: number | undefined;
}

export async function openDatabase<Tables>({ thread: program, file, create, clock, log, maxPages }: DatabaseOptions): Promise<DatabaseOf<Tables>> {
  const startReader = (): Promise<Thread> => startThread(program, { role: 'reader', file, create: false, at: clock(), maxPages: null, mark: null }, log);
  // The writer first: it makes and migrates the file that the readers open.
  const writer = await startThread(program, { role: 'writer', file, create, at: clock(), maxPages: maxPages ?? null, mark: randomUUID() }, log);
  let readers: Thread[];
  try {
    readers = await Promise.all(Array.from({ length: READERS }, startReader));
  } catch (error) {
    await writer.request({ type: 'close' });
    throw error;
  }
  const files = placeOf(file);
  const descriptors = openDescriptors(file);
  if (descriptors) await writer.request({ type: 'watch', descriptors });
  let overwritten: AppError | null = null;
  const place: DatabasePlace = { problem: () => overwritten ?? files.problem(), isLost: () => overwritten !== null || files.isLost() };
  const checking = new Set<Thread>();
  let closed = false;
  /** Resolves when writes may go on. */
  let gate: Promise<unknown> = Promise.resolve();

  /** What the writer's thread says of the files, kept: whoever asks `place` is told. */
  async function noting<T>(asked: Promise<T>): Promise<T> {
    return asked.catch((error: unknown) => {
      if (isOverwritten(error)) overwritten ??= error;
      throw error;
    });
  }

  async function look(): Promise<void> {
    await gate;
    if (!closed) await noting(writer.request({ type: 'look' })).catch(() => undefined);
  }
  function idlest(): Thread {
    return readers.reduce((best, thread) => (thread.waiting() < best.waiting() ? thread : best));
  }
  function open(): void {
    if (closed) throw new AppError('CONNECTION_LOST', 'The project is closed.');
  }

  return {
    async read(table, fn, input) {
      open();
      return (await idlest().request({ type: 'call', table: String(table), fn: String(fn), input, key: null })) as never;
    },
    async write(table, fn, input, options = {}) {
      open();
      const key = options.key ? { key: options.key, at: clock() } : null;
      await gate;
      return (await noting(writer.request({ type: 'call', table: String(table), fn: String(fn), input, key }))) as never;
    },
    place,
    look,
    async alone(work) {
      open();
      const before = gate;
      const over = Promise.withResolvers<void>();
      gate = over.promise;
      try {
        await before;
        // What the writer has been given already is done first, and the files are looked at.
        await noting(writer.request({ type: 'look' }));
        return await work();
      } finally {
        over.resolve();
      }
    },
    migration: writer.report.migration,
    walDamage: writer.report.wal,
    async check() {
      open();
      // A thread of its own: it reads the whole file, and calls that came behind it would wait for seconds.
      const thread = await startReader();
      checking.add(thread);
      try {
        return (await thread.request({ type: 'check' })) as string;
      } finally {
        checking.delete(thread);
        await thread.close();
      }
    },
    async badRows({ remove }) {
      open();
      return (await writer.request({ type: 'badRows', remove })) as BadRows;
    },
    async close() {
      if (closed) return;
      await look();
      closed = true;
      // The last connection that can write deletes the log by its path, where the log of another project may be by now: here a reader is the last.
      if (place.isLost()) await writer.close();
      // Else readers first: a reader that still holds a snapshot would keep the log from being emptied.
      await Promise.all([...readers, ...checking].map((thread) => thread.close()));
      await writer.close();
      if (descriptors) closeDescriptors(descriptors);
    },
  };
}

interface OpenReport {
  migration: MigrationReport | null;
  wal: WalDamage | null;
}

interface Thread {
  report: OpenReport;
  waiting(): number;
  request(request: WithoutId<WorkerRequest>): Promise<unknown>;
  close(): Promise<void>;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

async function startThread(program: URL, start: WorkerStart, log: Log): Promise<Thread> {
  const worker = new Worker(program, { workerData: start, stdout: false, stderr: false });
  const pending = new Map<number, { name: string; resolve(output: unknown): void; reject(error: unknown): void }>();
  const ready = Promise.withResolvers<OpenReport>();
  const exited = Promise.withResolvers<void>();
  let nextId = 1;
  let gone = false;
  let closing = false;

  worker.on('message', (message: WorkerReply) => {
    if (message.type === 'ready') return ready.resolve({ migration: message.report, wal: message.wal });
    if (message.type === 'failed') return ready.reject(fromErrorShape(message.error));
    const call = pending.get(message.id);
    if (!call) return;
    pending.delete(message.id);
    if (message.type === 'error') return call.reject(fromErrorShape(message.error));
    if (message.tookMs > SLOW_MS) log.info({ query: call.name, tookMs: Math.round(message.tookMs) }, 'slow query');
    call.resolve(message.output);
  });
  worker.on('error', (error) => fail(error));
  worker.on('exit', () => {
    fail(new AppError('CONNECTION_LOST', 'The database thread has ended.'));
    exited.resolve();
  });

  function fail(error: unknown): void {
    gone = true;
    ready.reject(error);
    for (const call of pending.values()) call.reject(error);
    pending.clear();
  }
  function request(message: WithoutId<WorkerRequest>): Promise<unknown> {
    if (gone) return Promise.reject(new AppError('CONNECTION_LOST', 'The database thread has ended.'));
    const id = nextId++;
    return new Promise((resolve, reject) => {
      pending.set(id, { name: message.type === 'call' ? `${message.table}.${message.fn}` : message.type, resolve, reject });
      worker.postMessage({ ...message, id } as WorkerRequest);
    });
  }

  try {
    const report = await ready.promise;
    return {
      report,
      waiting: () => pending.size,
      request,
      async close() {
        if (!gone && !closing) {
          closing = true;
          await request({ type: 'close' });
        }
        await exited.promise;
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}
