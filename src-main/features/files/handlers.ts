/**
 * Calls of domain `files`: folders of this machine, for choosing a path in a browser. Names only, never content; dot files are left out.
 * Test: test/main/features/files.test.ts.
 */
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';

const MAX_ENTRIES = 2000;

export function createFilesHandlers(mostEntries = MAX_ENTRIES): Pick<Handlers, 'files.browse'> {
  return {
    'files.browse': async ({ path }) => {
      const folder = resolve(path === null || path === '' ? homedir() : path);
      if (path && !isAbsolute(path)) throw new AppError('BAD_INPUT', `"${path}" is not an absolute path.`, { path });
      const entries = await readFolder(folder, mostEntries);
      const parent = dirname(folder);
      return { path: folder, parent: parent === folder ? null : parent, entries };
    },
  };
}

async function readFolder(folder: string, mostEntries: number): Promise<{ name: string; path: string; kind: 'file' | 'folder' }[]> {
  let found;
  try {
    found = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fileError(error, folder, 'read');
    const reason = code === 'ENOENT' ? 'does not exist' : 'is not a folder';
    throw new AppError('FILE_UNREADABLE', `${folder} ${reason}.`, { path: folder }, { cause: error });
  }
  const entries = await Promise.all(
    found
      .filter((entry) => !entry.name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, mostEntries)
      .map(async (entry) => {
        const path = join(folder, entry.name);
        const isLink = entry.isSymbolicLink();
        const target = isLink ? await stat(path).catch(() => null) : entry;
        if (!target || (!target.isDirectory() && !target.isFile())) return null;
        return { name: entry.name, path, kind: target.isDirectory() ? ('folder' as const) : ('file' as const) };
      }),
  );
  return entries.filter((entry) => entry !== null).sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'folder' ? -1 : 1));
}
