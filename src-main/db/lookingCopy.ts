/**
 * A private copy of a database that cannot be written: SQLite needs files beside it even for reading, and what a killed program left in the log
 * has to be put in. Only of a project that nobody has open. Its folder is locked while it is in use, as a project is, so that the next start can
 * tell what a killed program left: a process id would say nothing across containers. Test: test/main/host/readOnly.test.ts.
 */
import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { constants, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { refuseOddFiles } from './connection.ts';
import { isHeld, LOCK_NAME, tryHold } from './projectLock.ts';

const PREFIX = 'tracklet-looking-';
/** A folder that another start takes for a leftover in the moment before it is locked. */
const ATTEMPTS = 5;

export interface LookingCopy {
  file: string;
  /** For what would be in the project's folder `cache`. */
  cache: string;
  remove(): Promise<void>;
}

export async function makeLookingCopy(file: string): Promise<LookingCopy> {
  refuseOddFiles(file);
  const { folder, free } = await lockedFolder();
  // Whoever does not wait for the end, as with a second signal, leaves no copy either.
  const atExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.on('exit', atExit);
  const remove = async (): Promise<void> => {
    free();
    await rm(folder, { recursive: true, force: true });
    process.off('exit', atExit);
  };
  try {
    const copy = join(folder, basename(file));
    for (const suffix of ['', '-wal']) {
      if (!existsSync(`${file}${suffix}`)) continue;
      await copyFile(`${file}${suffix}`, `${copy}${suffix}`, constants.COPYFILE_FICLONE);
      // A copy of a file has its permissions: a project that its owner made read-only would have a copy that cannot be opened.
      await chmod(`${copy}${suffix}`, 0o600);
    }
    const cache = join(folder, 'cache');
    await mkdir(cache, { mode: 0o700 });
    return { file: copy, cache, remove };
  } catch (error) {
    await remove();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new AppError('FILE_UNREADABLE', `The project database ${file} may not be read by you.`, { file }, { cause: error });
    throw error;
  }
}

async function lockedFolder(): Promise<{ folder: string; free: () => void }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const folder = await mkdtemp(join(tmpdir(), PREFIX));
    const free = tryHold(folder);
    if (free) return { folder, free };
    await rm(folder, { recursive: true, force: true });
  }
  throw new AppError('FILE_UNREADABLE', `No folder of this program's own can be kept in ${tmpdir()}.`, { file: tmpdir() });
}

/** What killed programs of this user left; never a copy that is in use, on whatever side of a container. Returns the names. */
export async function removeDeadCopies(): Promise<string[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const removed: string[] = [];
  for (const name of names) {
    const folder = join(tmpdir(), name);
    const found = await lstat(folder).catch(() => null);
    if (!found?.isDirectory() || (process.getuid && found.uid !== process.getuid())) continue;
    // One without a lock is of a program that knew none, or is just being made.
    if (!existsSync(join(folder, LOCK_NAME)) || isHeld(folder)) continue;
    const free = tryHold(folder);
    if (!free) continue;
    try {
      await rm(folder, { recursive: true, force: true });
      removed.push(name);
    } finally {
      free();
    }
  }
  return removed;
}
