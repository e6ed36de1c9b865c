/**
 * Why a project cannot be written, to complete "…, because <reason>"; null when it can. Asked of the system, not tried: nothing is left behind.
 * Test: test/main/host/readOnly.test.ts.
 */
import { accessSync, constants, existsSync } from 'node:fs';

export function readOnlyReason(folder: string, database: string): string | null {
  const paths = [folder, database, `${database}-wal`, `${database}-shm`].filter((path) => path === folder || existsSync(path));
  for (const path of paths) {
    try {
      accessSync(path, constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EROFS') return 'its disk is read-only';
      if (code === 'EACCES' || code === 'EPERM') return `you may not write ${path === folder ? 'in its folder' : path}`;
    }
  }
  return null;
}
