/**
 * One host a project. The lock is an exclusive SQLite transaction on the empty file `project.lock`: a lock of the operating system, so it
 * ends with its process however that ends, holds across PID namespaces, and does not travel with a copy of the folder. Beside it
 * `host.json` says who holds it and, while the host serves, where. Deleting the lock file opens no way in: `openAlone` (connection.ts)
 * asks the database file itself whether anyone has it open.
 * The lock file must never be opened with `fs` in a process that holds it: closing it would drop the lock.
 *   const lock = lockProject(folder, { now, version });  lock.say({ port, token });  …  lock.release();
 *   holderOf(folder) → who has it open, or null
 * Test: test/main/db/projectLock.test.ts.
 */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { identityOf, sameFile, type FileIdentity } from '../platform/fileIdentity.ts';

export const LOCK_NAME = 'project.lock';
export const HOLDER_NAME = 'host.json';

/** A look by `holderOf` takes the file for a moment; a host that starts just then waits for it. */
const LOOK_MS = 500;

const holderSchema = z.object({
  pid: z.int().positive(),
  startedAt: z.number(),
  hostname: z.string(),
  /** Where it serves, and the token that opens it; null while it serves nobody. */
  port: z.int().min(1).max(65535).nullable(),
  token: z.string().nullable(),
  version: z.string(),
});
export type ProjectHolder = z.infer<typeof holderSchema>;

export interface ProjectLock {
  /** The lock file at its place is still the one that is held. */
  isInPlace(): boolean;
  /** Makes it anew where it was deleted. False when another program has a lock of its own there. */
  retake(): boolean;
  /** Where the host can be reached from now on. */
  say(served: { port: number; token: string } | null): void;
  release(): void;
}

/** Throws PROJECT_LOCKED when another host, in this process or any other, has the project open. */
export function lockProject(folder: string, { now, version }: { now: number; version: string }): ProjectLock {
  const file = join(folder, LOCK_NAME);
  for (let attempt = 0; attempt < 10; attempt++) {
    const held = hold(folder, file);
    if (held) return lockOf(folder, file, held, { pid: process.pid, startedAt: now, hostname: hostname(), port: null, token: null, version });
  }
  throw new AppError('FILE_UNREADABLE', `The lock of the project changes all the time: ${file}.`, { file });
}

/** The same lock for a folder that nobody has to be told of; what it returns gives it back. Null where another has it, or where the folder is being removed. */
export function tryHold(folder: string): (() => void) | null {
  try {
    const held = hold(folder, join(folder, LOCK_NAME));
    return held && (() => held.database.close());
  } catch {
    return null;
  }
}

/** Who has the project open, as that host says; null when nobody has, or when it does not say. */
export function holderOf(folder: string): ProjectHolder | null {
  return isHeld(folder) ? readHolder(join(folder, HOLDER_NAME)) : null;
}

interface Held {
  database: Database.Database;
  identity: FileIdentity;
}

/** Null when the file was taken away between opening and locking it: the lock then guards nothing. */
function hold(folder: string, file: string): Held | null {
  prepareFile(folder, file);
  const before = identityOf(file);
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: LOOK_MS, fileMustExist: true });
    // Without a journal beside it: nothing is ever written to this file.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    if (before && sameFile(identityOf(file), before)) return { database, identity: before };
    database.close();
    return null;
  } catch (error) {
    database?.close();
    const { code } = error as { code?: unknown };
    if (code === 'SQLITE_BUSY') throw lockedBy(folder, readHolder(join(folder, HOLDER_NAME)));
    if (code === 'SQLITE_CANTOPEN') return null;
    throw new AppError('FILE_UNREADABLE', `The project cannot be locked: ${file} (${String(error)}).`, { file }, { cause: error });
  }
}

/** An empty file of the user's own. Anything else under this name is none of ours and is put away. */
function prepareFile(folder: string, file: string): void {
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && found.size === 0) return;
    if (found?.isDirectory()) throw inTheWay(file);
    if (found) rmSync(file);
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return;
    throw fileError(error, folder, 'written', { lead: `The project folder ${folder}` });
  }
}

function inTheWay(file: string): AppError {
  return new AppError(
    'FILE_UNREADABLE',
    `The project cannot be locked: ${file} is a folder, where the program needs a file of its own.`,
    { file },
    { remedy: 'Move that folder elsewhere, then open the project again.' },
  );
}

export function lockedBy(folder: string, holder: ProjectHolder | null): AppError {
  const where = holder && holder.hostname !== hostname() ? ` on ${holder.hostname}` : '';
  const who = holder ? ` (process ${holder.pid}${where})` : '';
  return new AppError('PROJECT_LOCKED', `The project ${folder} is open in another program${who}.`, { folder, pid: holder?.pid ?? 0 });
}

/** A host has it open, whether it says so or not. */
export function isHeld(folder: string): boolean {
  const file = join(folder, LOCK_NAME);
  let database: Database.Database | null = null;
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (!found?.isFile() || found.size > 0) return false;
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    database.prepare('SELECT 1 FROM sqlite_schema').all();
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === 'SQLITE_BUSY';
  } finally {
    database?.close();
  }
}

function readHolder(file: string): ProjectHolder | null {
  try {
    const found = lstatSync(file);
    if (!found.isFile() || found.size > 10_000) return null;
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function lockOf(folder: string, file: string, first: Held, holder: ProjectHolder): ProjectLock {
  let held = first;
  let said = '';
  let served: { port: number; token: string } | null = null;
  const isInPlace = (): boolean => sameFile(identityOf(file), held.identity);
  const say = (now: { port: number; token: string } | null): void => {
    served = now;
    // Nothing is written to a folder that is another one by now.
    if (!isInPlace()) return;
    said = JSON.stringify({ ...holder, port: served?.port ?? null, token: served?.token ?? null } satisfies ProjectHolder);
    writeHolder(join(folder, HOLDER_NAME), said);
  };
  let released = false;
  try {
    say(null);
  } catch (error) {
    held.database.close();
    throw error;
  }
  return {
    isInPlace,
    say,
    retake() {
      if (isInPlace()) return true;
      try {
        const again = hold(folder, file);
        if (!again) return false;
        held.database.close();
        held = again;
        say(served);
        return true;
      } catch {
        return false;
      }
    },
    release() {
      if (released) return;
      released = true;
      const place = isInPlace() ? file : movedTo(held.identity);
      if (place !== null) {
        const beside = join(dirname(place), HOLDER_NAME);
        if (textOf(beside) === said) rmSync(beside, { force: true });
        // Still locked: whoever opens it now finds that it is gone from its place, and makes a new one.
        rmSync(place, { force: true });
      }
      held.database.close();
    },
  };
}

/** Whole under its name or not there; the token in it is for this user only. */
function writeHolder(file: string, text: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isDirectory()) throw inTheWay(file);
  const unfinished = `${file}.part-${process.pid}`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, text, { flag: 'wx', mode: 0o600 });
  renameSync(unfinished, file);
}

function textOf(file: string): string | null {
  try {
    return lstatSync(file).isFile() ? readFileSync(file, 'utf8') : null;
  } catch {
    return null;
  }
}

/** Where the lock file is after its folder was moved; null where the system does not tell. */
function movedTo(identity: FileIdentity): string | null {
  try {
    for (const descriptor of readdirSync('/proc/self/fd')) {
      const path = pathOf(`/proc/self/fd/${descriptor}`);
      if (path !== null && basename(path) === LOCK_NAME && sameFile(identityOf(path), identity)) return path;
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
