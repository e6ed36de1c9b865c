/**
 * One host a project. The lock is one of the operating system on the empty file `project.lock` (platform/fileLock.ts): it ends with its process,
 * holds across PID namespaces, and does not travel with a copy of the folder. Beside it
 * `host.json` says who holds it and, while the host serves, where. Deleting the lock file opens no way in: `openAlone` (connection.ts)
 * asks the database file itself whether anyone has it open.
 *   const lock = lockProject(folder, { now, version });  lock.say({ port, token });  …  lock.release();
 *   holderOf(folder) → who has it open, or null
 * Test: test/main/db/projectLock.test.ts.
 */
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { holdFile, isFileHeld, noteText, readNote, refusesLocks, writeNote, type FileLock, type Holding } from '../platform/fileLock.ts';

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
  return lockOf(folder, file, hold(folder, file), { pid: process.pid, startedAt: now, hostname: hostname(), port: null, token: null, version });
}

/** The same lock for a folder that nobody has to be told of; what it returns gives it back. Null where another has it, or where the folder is being removed. */
export function tryHold(folder: string): (() => void) | null {
  try {
    const held = hold(folder, join(folder, LOCK_NAME));
    return () => held.release();
  } catch {
    return null;
  }
}

/** Who has the project open, as that host says; null when nobody has, or when it does not say. */
export function holderOf(folder: string): ProjectHolder | null {
  return isHeld(folder) ? readHolder(folder) : null;
}

/** A host has it open, whether it says so or not. */
export function isHeld(folder: string): boolean {
  return isFileHeld(join(folder, LOCK_NAME));
}

function readHolder(folder: string): ProjectHolder | null {
  return readNote(join(folder, HOLDER_NAME), holderSchema);
}

function hold(folder: string, file: string): FileLock {
  const got = tried(folder, file);
  switch (got.state) {
    case 'held':
      return got.lock;
    case 'busy':
      throw refusesLocks(file) ? refused(file) : lockedBy(folder, readHolder(folder));
    case 'refused':
      throw refused(file, got.cause);
    case 'folder':
      throw inTheWay(file);
    case 'gone':
      throw new AppError('FILE_UNREADABLE', `The lock of the project changes all the time: ${file}.`, { file });
  }
}

function tried(folder: string, file: string): Holding {
  try {
    return holdFile(file, LOOK_MS);
  } catch (error) {
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

/** Without locks two programs could write to one database at a time, so there is no way around it. */
function refused(file: string, cause?: unknown): AppError {
  return new AppError(
    'FILE_UNREADABLE',
    `The project cannot be locked: the disk of ${file} locks no files${cause === undefined ? '' : ` (${String(cause)})`}.`,
    { file },
    { cause, remedy: 'Have the lock service of that network disk turned on, or move the project to a disk of this machine, then open it again.' },
  );
}

export function lockedBy(folder: string, holder: ProjectHolder | null): AppError {
  const where = holder && holder.hostname !== hostname() ? ` on ${holder.hostname}` : '';
  const who = holder ? ` (process ${holder.pid}${where})` : '';
  return new AppError('PROJECT_LOCKED', `The project ${folder} is open in another program${who}.`, { folder, pid: holder?.pid ?? 0 });
}

function lockOf(folder: string, file: string, first: FileLock, holder: ProjectHolder): ProjectLock {
  let held = first;
  let said = '';
  let served: { port: number; token: string } | null = null;
  const isInPlace = (): boolean => held.isInPlace();
  const say = (now: { port: number; token: string } | null): void => {
    served = now;
    // Nothing is written to a folder that is another one by now.
    if (!isInPlace()) return;
    said = JSON.stringify({ ...holder, port: served?.port ?? null, token: served?.token ?? null } satisfies ProjectHolder);
    // The token in it is for this user only.
    if (!writeNote(join(folder, HOLDER_NAME), said)) throw inTheWay(join(folder, HOLDER_NAME));
  };
  let released = false;
  try {
    say(null);
  } catch (error) {
    held.release();
    throw error;
  }
  return {
    isInPlace,
    say,
    retake() {
      if (isInPlace()) return true;
      try {
        const again = hold(folder, file);
        held.release();
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
      const place = held.whereNow();
      if (place !== null) {
        const beside = join(dirname(place), HOLDER_NAME);
        if (noteText(beside) === said) rmSync(beside, { force: true });
        // Still locked: whoever opens it now finds that it is gone from its place, and makes a new one.
        rmSync(place, { force: true });
      }
      held.release();
    },
  };
}
