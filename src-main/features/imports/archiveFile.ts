/**
 * A zip or tar archive on disk as the `FileTree` of the importers; which of them it is its first bytes say, not its name. Read by ranges: members
 * that lie one after the other share a read. Test: test/main/features/imports/archiveFile.test.ts.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { isArchive, stemOf } from '../../../datasets/readers/pictures.ts';
import type { ByteSource, FileTree } from '../../../datasets/tree.ts';
import { looksLikeTar, openTarTree } from '../../../datasets/trees/tar.ts';
import { openZipTree } from '../../../datasets/trees/zip.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { readAt } from './readAt.ts';

const FIRST = 512;
/** Of one read: a dozen small pictures with their headers. */
const WINDOW = 64 * 1024;

/** `path` is a regular file, which stays open until the tree is disposed of. */
export async function openArchive(path: string): Promise<FileTree & AsyncDisposable> {
  const file = await open(path, 'r');
  try {
    const source = sourceOf(file);
    const name = basename(path);
    const first = await source.read(0, FIRST);
    const tree = await (isZip(first) ? openZipTree(source, name) : looksLikeTar(first) ? openTarTree(source, name) : refuse(path));
    // Called as its folder would be, since data sets and cameras get their names by it.
    return { ...tree, label: isArchive(name) ? stemOf(name) : name, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The first is the header of a member, the second the end record of an archive without any. */
function isZip([p, k, three, four]: Uint8Array): boolean {
  return p === 0x50 && k === 0x4b && ((three === 3 && four === 4) || (three === 5 && four === 6));
}

function refuse(path: string): never {
  throw new AppError(
    'UNSUPPORTED',
    `${path} is neither a folder nor a zip or tar archive.`,
    { file: path },
    { remedy: 'Choose a folder, or a .zip or .tar file. Any other archive has to be unpacked first.' },
  );
}

function sourceOf(file: FileHandle): ByteSource {
  let window: { start: number; bytes: Promise<Uint8Array> } | null = null;
  return {
    size: async () => (await file.stat()).size,
    async read(start, length) {
      if (length >= WINDOW) return readAt(file, start, length);
      if (!window || start < window.start || start + length > window.start + WINDOW) window = { start, bytes: readAt(file, start, WINDOW) };
      const from = start - window.start;
      return (await window.bytes).subarray(from, from + length);
    },
  };
}
