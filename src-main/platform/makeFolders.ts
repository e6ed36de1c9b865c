/**
 * Makes a folder that a user named, with those above it. `mkdir` with `recursive` asks again for ever where the system says "not there" of a
 * folder whose parent is there, as /proc does; this asks once for each. Test: test/main/platform/makeFolders.test.ts.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';

/** @throws AppError naming the file that is in the way, or the place that takes no folders; other troubles as Node says them. */
export function makeFolders(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let path = folder; ; path = dirname(path)) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) break;
    if (found) throw new AppError('BAD_INPUT', `${path} is a file, not a folder.`, { folder: path }, { remedy: 'Choose another folder.' });
    missing.unshift(path);
    if (dirname(path) === path) break;
  }
  for (const path of missing) makeOne(path, mode);
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another program may have made it meanwhile.
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    throw new AppError(
      'WRITE_PROTECTED',
      `The folder ${path} cannot be made: ${dirname(path)} takes no new folders.`,
      { folder: path },
      { cause: error, remedy: 'Choose a folder on a disk.' },
    );
  }
}
