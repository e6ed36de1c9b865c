/**
 * The one lock between programs: an exclusive SQLite transaction on an empty file. It is a lock of the operating system by the way that SQLite
 * found to every system, so it ends with its process however that ends, holds across PID namespaces and users, and does not travel with a copy.
 * No data is ever in that file; beside it a note may say who holds it, and is believed only while the lock is held.
 * A lock file must never be opened with `fs` in a process that holds it: closing it would drop the lock.
 *   const got = holdFile(file);            got.state === 'held' → got.lock.release()
 *   await withFileLock(file, work, { … })  waits, and says for whom
 *   isFileHeld(file), readNote(file), writeNote(file, text)
 * Users: db/projectLock.ts (one host a project), provision/provision.ts (one download of a part). Test: test/main/platform/fileLock.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { identityOf, sameFile, type FileIdentity } from './fileIdentity.ts';

const POLL_MS = 200;
/** A file that is always taken away between opening and locking it is not a lock that anybody can have. */
const ATTEMPTS = 10;
const LARGEST_NOTE = 10_000;

export interface FileLock {
  identity: FileIdentity;
  /** The file at its place is still the one that is held. */
  isInPlace(): boolean;
  /** Where the file is after its folder was moved; null where the system does not tell. */
  whereNow(): string | null;
  /** The file stays, held by nobody. Whoever wants no file left removes it while it is held. */
  release(): void;
}

export type Holding =
  | { state: 'held'; lock: FileLock }
  /** Somebody else has it, in this process or any other. */
  | { state: 'busy' }
  /** The disk, or what serves it, locks no files at all. */
  | { state: 'refused'; cause: unknown }
  /** Taken away each time between opening and locking it: such a lock guards nothing. */
  | { state: 'gone' }
  /** A folder has its name, and is left alone. */
  | { state: 'folder' };

/** Tries to lock a file, which is made where it is not there; waits at most `patienceMs`, holding up this thread. Throws errors of the file system. */
export function holdFile(file: string, patienceMs = 0): Holding {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!prepareFile(file)) return { state: 'folder' };
    const before = identityOf(file);
    const got = lockedBySqlite(file, patienceMs);
    if ('database' in got) {
      if (before && sameFile(identityOf(file), before)) return { state: 'held', lock: lockOf(file, before, got.database) };
      got.database.close();
    } else if (got.code === 'SQLITE_BUSY') {
      return { state: 'busy' };
    } else if (got.code === 'SQLITE_CANTOPEN') {
      mustBeOurs(file);
    } else {
      return { state: 'refused', cause: got.cause };
    }
  }
  return { state: 'gone' };
}

/** One that another user made, and that may not be opened, is said; one that is gone by now is made anew. */
function mustBeOurs(file: string): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Whether this disk locks nothing: SQLite reports a refused lock (ENOLCK of a network disk without its lock service) like one that somebody has,
 * and only a file that nobody else can know of tells them apart. To be asked once, after 'busy'.
 */
export function refusesLocks(file: string): boolean {
  const probe = `${file}.probe-${randomUUID()}`;
  try {
    closeSync(openSync(probe, 'wx', 0o600));
  } catch {
    // Nothing can be made here, so nothing can be said either.
    return false;
  }
  try {
    const got = lockedBySqlite(probe, 0);
    if (!('database' in got)) return true;
    got.database.close();
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}

function lockedBySqlite(file: string, patienceMs: number): { database: Database.Database } | { code: unknown; cause: unknown } {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: patienceMs, fileMustExist: true });
    // Without a journal beside it: nothing is ever written to this file.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return { database };
  } catch (cause) {
    database?.close();
    return { code: (cause as { code?: unknown }).code, cause };
  }
}

/** Somebody has it locked, whether they say so or not. */
export function isFileHeld(file: string): boolean {
  let database: Database.Database | null = null;
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (!found?.isFile() || found.size > 0) return false;
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    database.pragma('schema_version');
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === 'SQLITE_BUSY';
  } finally {
    database?.close();
  }
}

/** An empty file of the user's own. Anything else under this name is none of ours and is put away, but a folder: then false. */
function prepareFile(file: string): boolean {
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && found.size === 0) return true;
    if (found?.isDirectory()) return false;
    if (found) rmSync(file);
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
  return true;
}

function lockOf(file: string, identity: FileIdentity, database: Database.Database): FileLock {
  const isInPlace = (): boolean => sameFile(identityOf(file), identity);
  return {
    identity,
    isInPlace,
    whereNow: () => (isInPlace() ? file : movedTo(basename(file), identity)),
    release: () => void database.close(),
  };
}

function movedTo(name: string, identity: FileIdentity): string | null {
  try {
    for (const descriptor of readdirSync('/proc/self/fd')) {
      const path = pathOf(`/proc/self/fd/${descriptor}`);
      if (path !== null && basename(path) === name && sameFile(identityOf(path), identity)) return path;
    }
  } catch {
    // No such list here: the file stays, held by nobody.
  }
  return null;
}

function pathOf(descriptor: string): string | null {
  try {
    return readlinkSync(descriptor);
  } catch {
    return null;
  }
}

/** Whole under its name or not there; for this user only. A folder under that name is left alone: false. */
export function writeNote(file: string, text: string): boolean {
  if (lstatSync(file, { throwIfNoEntry: false })?.isDirectory()) return false;
  const unfinished = `${file}.part-${process.pid}`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, text, { flag: 'wx', mode: 0o600 });
  renameSync(unfinished, file);
  return true;
}

/** Null where there is none, or none of this form. */
export function readNote<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    const text = noteText(file);
    return text === null ? null : schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export function noteText(file: string): string | null {
  try {
    const found = lstatSync(file);
    return found.isFile() && found.size <= LARGEST_NOTE ? readFileSync(file, 'utf8') : null;
  } catch {
    return null;
  }
}

const waitedForSchema = z.object({ pid: z.int().positive(), hostname: z.string() });
export type WaitedFor = z.infer<typeof waitedForSchema>;

export interface Waiting {
  signal?: AbortSignal | undefined;
  /** Once when it has to wait, with who is waited for, as far as that one says. */
  onWait?: ((holder: WaitedFor | null) => void) | undefined;
}

/**
 * Waits for the lock, runs `work`, gives the lock back and leaves no file. A disk that locks nothing holds nobody up: `work` runs without
 * a lock, so what is guarded this way must be whole or absent by itself.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>, { signal, onWait }: Waiting = {}): Promise<T> {
  let hasWaited = false;
  for (;;) {
    const got = holdFile(file);
    if (got.state === 'held') return await withLock(got.lock, file, work);
    if (signal?.aborted) throw new AppError('CANCELLED', 'Waiting for another program was cancelled.');
    if (got.state === 'folder')
      throw new AppError(
        'FILE_UNREADABLE',
        `${file} is a folder, where the program needs a file of its own.`,
        { file },
        { remedy: 'Move that folder elsewhere, then try again.' },
      );
    if (got.state === 'refused' || (got.state === 'busy' && !hasWaited && refusesLocks(file))) return await work();
    if (got.state === 'busy') {
      if (!hasWaited) onWait?.(readNote(noteOf(file), waitedForSchema));
      hasWaited = true;
    }
    await sleep(POLL_MS);
  }
}

async function withLock<T>(lock: FileLock, file: string, work: () => Promise<T>): Promise<T> {
  const note = noteOf(file);
  try {
    writeNote(note, JSON.stringify({ pid: process.pid, hostname: hostname() } satisfies WaitedFor));
    return await work();
  } finally {
    if (lock.isInPlace()) {
      rmSync(note, { force: true });
      // Still locked: whoever opens it now finds that it is gone from its place, and makes a new one.
      rmSync(file, { force: true });
    }
    lock.release();
  }
}

function noteOf(file: string): string {
  return `${file}.json`;
}
