/**
 * A folder on disk as the `FileTree` of the importers, confined to its root: no '..', no absolute path, no link that leads out.
 * Special files (pipes, sockets, devices) are not listed, so nothing can hang on them. Test: test/main/features/imports/fileTree.test.ts.
 */
import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import type { FileEntry, FileTree } from '../../../datasets/importer.ts';
import { AppError } from '../../../src-shared/errors.ts';

/** Larger texts than this are no track or list file of anybody. */
const LARGEST_TEXT = 512 * 1024 * 1024;

/** Says in words why a path cannot be read. */
export function unreadable(path: string, error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reasons: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read by you',
    EPERM: 'may not be read by you',
    ENOTDIR: 'is not a folder',
    EISDIR: 'is a folder, not a file',
    ELOOP: 'is a link that leads back to itself',
    ENAMETOOLONG: 'has a name that is too long',
  };
  return new AppError(
    'FILE_UNREADABLE',
    `${path} ${reasons[code] ?? `cannot be read (${code === '' ? String(error) : code})`}.`,
    { file: path },
    { cause: error },
  );
}

/** Opens the folder; throws FILE_UNREADABLE when it is none. */
export async function openFileTree(root: string): Promise<FileTree> {
  let base: string;
  try {
    base = await realpath(resolve(root));
    if (!(await stat(base)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  } catch (error) {
    throw unreadable(root, error);
  }
  const prefix = base.endsWith(sep) ? base : base + sep;

  /** Real path of a relative one, after refusing everything that leaves the root. */
  async function locate(path: string): Promise<string> {
    const parts = path === '' ? [] : path.split('/');
    if (path.startsWith('/') || path.includes('\\') || path.includes('\0') || /^[A-Za-z]:/.test(path) || parts.includes('..')) {
      throw new AppError('FILE_UNREADABLE', `${JSON.stringify(path)} leaves the folder ${basename(base)}; only paths inside it are read.`, { file: path });
    }
    let real: string;
    try {
      real = await realpath(join(base, ...parts));
    } catch (error) {
      throw unreadable(path, error);
    }
    if (real !== base && !real.startsWith(prefix))
      throw new AppError('FILE_UNREADABLE', `${path} is a link that leads out of the folder ${basename(base)}; it is not followed.`, { file: path });
    return real;
  }

  async function regularFile(path: string): Promise<{ real: string; stats: Stats }> {
    const real = await locate(path);
    const stats = await stat(real).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (!stats.isFile()) throw new AppError('FILE_UNREADABLE', `${path} is not a regular file.`, { file: path });
    return { real, stats };
  }

  async function bytes(path: string): Promise<Uint8Array> {
    const { real } = await regularFile(path);
    try {
      return await readFile(real);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  return {
    label: basename(base),

    async list(folder) {
      const real = await locate(folder);
      const found = await readdir(real, { withFileTypes: true }).catch((error: unknown) => {
        throw unreadable(folder === '' ? basename(base) : folder, error);
      });
      const entries: FileEntry[] = [];
      for (const entry of found) {
        if (entry.name.startsWith('.')) continue;
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isFile() || entry.isDirectory()) entries.push({ name: entry.name, path, kind: entry.isFile() ? 'file' : 'folder' });
        else if (entry.isSymbolicLink()) {
          const kind = await kindOfLink(path);
          if (kind !== null) entries.push({ name: entry.name, path, kind });
        }
      }
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    },

    async exists(path) {
      try {
        await locate(path);
        return true;
      } catch (error) {
        // Outside is refused aloud; absent is merely absent.
        if (error instanceof AppError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return false;
        if (error instanceof AppError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOTDIR') return false;
        throw error;
      }
    },

    async text(path) {
      const { stats } = await regularFile(path);
      if (stats.size > LARGEST_TEXT)
        throw new AppError('FILE_INVALID', `${path} has ${stats.size} bytes; a text of more than ${LARGEST_TEXT} is not read.`, { file: path });
      return new TextDecoder('utf-8').decode(await bytes(path));
    },

    bytes,

    async size(path) {
      return (await regularFile(path)).stats.size;
    },
  };

  /** Links inside the root count as what they point to; links out, loops and broken ones are not listed. */
  async function kindOfLink(path: string): Promise<FileEntry['kind'] | null> {
    try {
      const real = await locate(path);
      const stats = await stat(real);
      // A link to a folder above itself would be walked for ever.
      if (stats.isDirectory()) return join(base, ...path.split('/')).startsWith(real + sep) ? null : 'folder';
      return stats.isFile() ? 'file' : null;
    } catch {
      return null;
    }
  }
}
