/**
 * Whether the database that is open is still the one at its path. A file that was moved, deleted or replaced stays open, and would take writes
 * that nobody finds again. Looked at by `stat` alone (see platform/fileIdentity.ts), before and after each commit: some 20 µs. Whether it was
 * overwritten where it is, is for the writer's thread to see (`overwritten.ts`). Test: test/main/host/moved.test.ts.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { identityOf, sameFile, type FileIdentity } from '../platform/fileIdentity.ts';
import { stampOf } from './copies.ts';

export interface DatabasePlace {
  /** Null while everything is in its place, and was not overwritten as far as is known. */
  problem(): AppError | null;
  /** The file under the path is another one, or none: what belongs to it must be left alone. */
  isLost(): boolean;
}

/** Of a connection that has just been opened and used, so that its log and the index of that are there; `before`: what was at the path before. */
export function placeOf(file: string, before: FileIdentity | null = identityOf(file)): DatabasePlace {
  const parts = ['', '-wal', '-shm'].map((suffix) => ({ path: `${file}${suffix}`, identity: identityOf(`${file}${suffix}`) }));
  const [main] = parts as [{ path: string; identity: FileIdentity | null }];
  if (before && main.identity && !sameFile(before, main.identity)) main.identity = before;

  return {
    problem() {
      for (const { path, identity } of parts) {
        if (identity === null && path !== file) continue;
        const now = identityOf(path);
        if (!sameFile(now, identity)) return movedAway(file, path, now !== null);
      }
      return null;
    },
    isLost: () => !sameFile(identityOf(file), main.identity),
  };
}

function movedAway(file: string, path: string, isReplaced: boolean): AppError {
  const folder = dirname(file);
  const what =
    path !== file
      ? `The file ${basename(path)} of the open project ${folder} was ${isReplaced ? 'replaced' : 'deleted or moved'}.`
      : isReplaced
        ? `Another project is in the place of the open one: ${folder}.`
        : `The project ${folder} is no longer in its place: it was moved, renamed or deleted while it was open.`;
  return new AppError('PROJECT_MOVED', `${what} Nothing is saved until it is back.`, { folder, file: path });
}

/** There is no way back from it: what the connections remember fits neither file. */
export function overwrittenIn(file: string, what: 'database' | 'log'): AppError {
  const folder = dirname(file);
  const path = what === 'database' ? file : `${file}-wal`;
  return new AppError(
    'PROJECT_MOVED',
    `The file ${basename(path)} of the open project ${folder} was overwritten by something else. Nothing is saved any more.`,
    { folder, file: path, overwritten: true },
    {
      remedy:
        'Unsaved edits stay in this window; note down what matters. Then close the program and open the project again: it shows what was put there, and the settings and "tracklet backup list" show its backups.',
    },
  );
}

/** The next program to open what was put there must not add the log of another database to it. Connections keep what they have open. */
export function setLogAside(file: string, at: number): void {
  try {
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${file}-wal.of-overwritten-${stampOf(at)}`);
    rmSync(`${file}-shm`, { force: true });
  } catch {
    // A folder that cannot be written: what counts is said anyway.
  }
}

export function isOverwritten(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'PROJECT_MOVED' && error.params['overwritten'] === true;
}
