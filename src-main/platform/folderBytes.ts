/** How much a file takes, or the files below a folder; links are not followed, and what cannot be seen counts nothing. Test: test/main/features/removed.test.ts. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export async function folderBytes(folder: string): Promise<number> {
  const own = await lstat(folder).catch(() => null);
  if (own?.isFile()) return own.size;
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  let bytes = 0;
  for (const name of names) {
    const stat = await lstat(join(folder, name)).catch(() => null);
    if (stat?.isFile()) bytes += stat.size;
  }
  return bytes;
}
