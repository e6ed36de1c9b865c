/**
 * Why SQLite could not read or write a file: it tells its own codes only, so the file system is asked. The file is not opened, since closing it
 * would drop the locks of this process on it. Test: test/main/db/circumstances.test.ts.
 */
import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Circumstances } from '../../src-shared/storageErrors.ts';

export function circumstancesOf(file: string): Circumstances {
  return { opening: problemOf(file), isFull: isFull(dirname(file)), hasSizeLimit: hasSizeLimit() };
}

function problemOf(file: string): string | null {
  // The folder too: SQLite keeps files of its own beside the database.
  for (const path of [file, dirname(file)]) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? null;
    }
  }
  return null;
}

function isFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0;
  } catch {
    return false;
  }
}

function hasSizeLimit(): boolean {
  try {
    const line = readFileSync('/proc/self/limits', 'utf8')
      .split('\n')
      .find((one) => one.startsWith('Max file size'));
    return line !== undefined && !/^Max file size\s+unlimited/.test(line);
  } catch {
    return false;
  }
}
