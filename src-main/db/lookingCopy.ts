/**
 * A private copy of a database that cannot be written: SQLite needs files beside it even for reading, and what a killed program left in the log
 * has to be put in. Only of a project that nobody has open. Test: test/main/host/readOnly.test.ts.
 */
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { constants, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { refuseOddFiles } from './connection.ts';

export interface LookingCopy {
  file: string;
  /** For what would be in the project's folder `cache`. */
  cache: string;
  remove(): Promise<void>;
}

export async function makeLookingCopy(file: string): Promise<LookingCopy> {
  refuseOddFiles(file);
  const folder = await mkdtemp(join(tmpdir(), 'tracklet-looking-'));
  // Whoever does not wait for the end, as with a second signal, leaves no copy either.
  const atExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.on('exit', atExit);
  const remove = async (): Promise<void> => {
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
