/**
 * Which file a path leads to: device and inode, which a copy, a removal or another file in its place change and a rename does not.
 * By `stat` alone: opening and closing a database file would drop the locks that SQLite holds on it in this process.
 * Test: test/main/db/projectLock.test.ts.
 */
import { statSync } from 'node:fs';

export interface FileIdentity {
  device: bigint;
  inode: bigint;
}

/** Null when there is nothing, or nothing that can be asked. */
export function identityOf(path: string): FileIdentity | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? { device: found.dev, inode: found.ino } : null;
  } catch {
    return null;
  }
}

export function sameFile(a: FileIdentity | null, b: FileIdentity | null): boolean {
  return a !== null && b !== null && a.device === b.device && a.inode === b.inode;
}

/** Size and times of a file, to see later whether anyone wrote to it; null as above. */
export function stampOf(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? `${found.size} ${found.mtimeNs} ${found.ctimeNs}` : null;
  } catch {
    return null;
  }
}
