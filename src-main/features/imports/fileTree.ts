/**
 * What an import reads, as the `FileTree` of the importers: an archive (archiveFile.ts), or a folder on disk, confined to its root: no '..', no absolute
 * path, no link that leads out. What cannot be read (such links, pipes, names that are no path) is listed as what it is, never opened. Test: test/main/features/imports/fileTree.test.ts.
 */
import { constants, createReadStream, type Dirent, type Stats } from 'node:fs';
import { access, lstat, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { LARGEST_TEXT, listed, type FileEntry, type FileTree } from '../../../datasets/tree.ts';
import { leavesFolder, readName } from '../../../datasets/trees/names.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';
import { openArchive } from './archiveFile.ts';
import { readAt } from './readAt.ts';

const PIECE = 256 * 1024;

/** Says in words why a path cannot be read. */
export function unreadable(path: string, error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reasons: Record<string, string> = {
    ENOENT: 'does not exist',
    ENOTDIR: 'is not a folder',
    EISDIR: 'is a folder, not a file',
    ELOOP: 'is a link that leads back to itself',
    ENAMETOOLONG: 'has a name that is too long',
  };
  const told = reasons[code] === undefined ? fileError(error, path, 'read') : null;
  if (told instanceof AppError) return told;
  return new AppError(
    'FILE_UNREADABLE',
    `${path} ${reasons[code] ?? `cannot be read (${code === '' ? String(error) : code})`}.`,
    { file: path },
    { cause: error },
  );
}

/** What stands behind a path that is neither file nor folder, to complete "<path> …". */
function specialKind(stats: Stats): string {
  if (stats.isFIFO()) return 'is a named pipe, not a file';
  if (stats.isSocket()) return 'is a socket, not a file';
  return stats.isCharacterDevice() || stats.isBlockDevice() ? 'is a device, not a file' : 'is not a regular file';
}

/** What an import reads: closed when it was read. */
export interface OpenTree extends FileTree, AsyncDisposable {
  /** The root is a file, and what is below it lies in it. */
  readonly isArchive: boolean;
}

/** Opens the folder or archive; throws FILE_UNREADABLE when there is none, UNSUPPORTED for a file that is no archive. */
export async function openFileTree(root: string): Promise<OpenTree> {
  let base: string;
  let found: Stats;
  try {
    base = await realpath(resolve(root));
    found = await stat(base);
  } catch (error) {
    throw unreadable(root, error);
  }
  if (found.isDirectory()) return { ...folderTree(base), isArchive: false, [Symbol.asyncDispose]: async () => undefined };
  // Opening a pipe would wait for somebody to write into it.
  if (!found.isFile()) throw new AppError('FILE_UNREADABLE', `${root} ${specialKind(found)}.`, { file: root });
  try {
    return { ...(await openArchive(base)), isArchive: true };
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(root, error);
  }
}

/** `base` is a real path. */
function folderTree(base: string): FileTree {
  const prefix = base.endsWith(sep) ? base : base + sep;
  const isInside = (real: string): boolean => real === base || real.startsWith(prefix);

  /** Real path of a relative one, after refusing everything that leaves the root. */
  async function locate(path: string): Promise<string> {
    const parts = path === '' ? [] : path.split('/');
    if (leavesFolder(path)) {
      throw new AppError('FILE_UNREADABLE', `${JSON.stringify(path)} leaves the folder ${basename(base)}; only paths inside it are read.`, { file: path });
    }
    let real: string;
    try {
      real = await realpath(join(base, ...parts));
    } catch (error) {
      throw unreadable(path, error);
    }
    if (!isInside(real))
      throw new AppError('FILE_UNREADABLE', `${path} is a link that leads out of the folder ${basename(base)}; it is not followed.`, { file: path });
    return real;
  }

  async function regularFile(path: string): Promise<{ real: string; stats: Stats }> {
    const real = await locate(path);
    const stats = await stat(real).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (!stats.isFile())
      throw new AppError('FILE_UNREADABLE', `${path} ${stats.isDirectory() ? 'is a folder, not a file' : specialKind(stats)}.`, { file: path });
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

  /** Real paths of a folder and of those above it: a link to one of them would be walked for ever. */
  async function chainOf(folder: string): Promise<Set<string>> {
    const chain = new Set([base]);
    const parts = folder === '' ? [] : folder.split('/');
    for (let depth = 1; depth <= parts.length; depth++) chain.add(await locate(parts.slice(0, depth).join('/')));
    return chain;
  }

  /** Links inside the root count as what they point to. */
  async function linkKind(path: string, chain: () => Promise<Set<string>>): Promise<Omit<FileEntry, 'name' | 'path'>> {
    let real: string;
    let stats: Stats;
    try {
      real = await realpath(join(base, ...path.split('/')));
      if (!isInside(real)) return { kind: 'link-outside', why: `is a link that leads out of the folder ${basename(base)}` };
      stats = await stat(real);
    } catch (error) {
      return { kind: 'broken-link', why: (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'is a link that leads back to itself' : 'is a link to nothing' };
    }
    const target = relative(base, real).split(sep).join('/');
    if (stats.isFile()) return { kind: 'file', why: null, target };
    if (!stats.isDirectory()) return { kind: 'other', why: specialKind(stats) };
    return (await chain()).has(real) ? { kind: 'other', why: 'is a link to a folder above itself' } : { ...(await folderKind(real)), target };
  }

  async function* entries(folder: string): AsyncGenerator<FileEntry, void, undefined> {
    const real = await locate(folder);
    const found = await readdir(real, { withFileTypes: true, encoding: 'buffer' }).catch((error: unknown) => {
      throw unreadable(folder === '' ? basename(base) : folder, error);
    });
    const named = found.map((entry) => ({ entry, ...readName(entry.name, folder === '') })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const under = folder === '' ? '' : `${folder}/`;
    let chain: Promise<Set<string>> | null = null;
    for (const { entry, name, bad } of named) {
      const path = under + name;
      if (bad !== null) yield { name, path, kind: 'unusable-name', why: bad };
      else if (name.startsWith('.')) yield { name, path, kind: 'hidden', why: 'is hidden' };
      else yield { name, path, ...(await kindOf(entry, join(real, name), path, () => (chain ??= chainOf(folder)))) };
    }
  }

  return {
    label: basename(base),

    entries,
    list: (folder) => listed(entries(folder)),

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

    async range(path, start, end) {
      const { real, stats } = await regularFile(path);
      const length = Math.max(0, Math.min(end, stats.size) - start);
      if (length === 0) return new Uint8Array(0);
      const file = await open(real).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      try {
        return await readAt(file, start, length);
      } catch (error) {
        throw unreadable(path, error);
      } finally {
        await file.close();
      }
    },

    async *chunks(path) {
      const { real } = await regularFile(path);
      try {
        for await (const piece of createReadStream(real, { highWaterMark: PIECE })) yield piece as Uint8Array;
      } catch (error) {
        throw error instanceof AppError ? error : unreadable(path, error);
      }
    },

    async size(path) {
      return (await regularFile(path)).stats.size;
    },

    place: async () => null,
  };

  /** One folder that may not be read is named; it does not end the walk through the others. */
  async function folderKind(file: string): Promise<Pick<FileEntry, 'kind' | 'why'>> {
    try {
      await access(file, constants.R_OK | constants.X_OK);
      return { kind: 'folder', why: null };
    } catch {
      return { kind: 'other', why: 'is a folder that may not be read by you' };
    }
  }

  async function kindOf(entry: Dirent<Buffer>, file: string, path: string, chain: () => Promise<Set<string>>): Promise<Omit<FileEntry, 'name' | 'path'>> {
    if (entry.isFile()) return { kind: 'file', why: null };
    if (entry.isDirectory()) return folderKind(file);
    if (entry.isSymbolicLink()) return linkKind(path, chain);
    // Something special, or the file system does not tell kinds while listing.
    const stats = await lstat(file).catch(() => null);
    if (stats?.isSymbolicLink()) return linkKind(path, chain);
    if (stats === null) return { kind: 'other', why: 'cannot be looked at' };
    if (stats.isDirectory()) return folderKind(file);
    if (stats.isFile()) return { kind: 'file', why: null };
    return { kind: 'other', why: specialKind(stats) };
  }
}
