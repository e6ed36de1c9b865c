/**
 * Reads a file that may be anything: only regular files are read, so that a pipe, a socket or a device cannot hold a reader for ever. Blocks its
 * thread, never libuv's few ones; whoever must not wait asks `fileThreads.ts`. Test: test/main/pixels/regularFile.test.ts.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../../src-shared/errors.ts';
import { fileError } from '../../src-shared/storageErrors.ts';

/** No picture of MAX_PIXELS is larger, whatever its format. */
const MAX_BYTES = 1024 ** 3;

export interface OpenRegular {
  size: number;
  /** Fewer bytes than asked for only at the end of the file. */
  at(offset: number, length: number): Uint8Array;
}

export type What = 'picture' | 'video';

/** Opens, lets `use` read, closes. Throws AppError naming the path. */
export function withRegularFile<T>(path: string, use: (file: OpenRegular) => T, what: What = 'picture'): T {
  let descriptor: number;
  try {
    // Without O_NONBLOCK opening a pipe waits for somebody to write into it.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unreadable(path, what, error);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile())
      throw new AppError(
        'MEDIA_UNDECODABLE',
        `The ${what} ${path} is no regular file (${stats.isDirectory() ? 'a folder' : 'a pipe, socket or device'}).`,
        { file: path },
        { remedy: `Put the ${what} itself in its place.` },
      );
    if (stats.size === 0)
      throw new AppError('MEDIA_UNDECODABLE', `The ${what} ${path} is empty (0 bytes).`, { file: path }, { remedy: 'Fetch it again from its source.' });
    return use({ size: stats.size, at: (offset, length) => readAt(descriptor, offset, Math.min(length, stats.size - offset)) });
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(path, what, error);
  } finally {
    closeSync(descriptor);
  }
}

export function readRegularFile(path: string): Uint8Array {
  return withRegularFile(path, (file) => {
    if (file.size > MAX_BYTES)
      throw new AppError(
        'MEDIA_UNDECODABLE',
        `The picture ${path} has ${file.size} bytes; more than ${MAX_BYTES} are not read.`,
        { file: path },
        { remedy: 'Put a smaller picture in its place.' },
      );
    return file.at(0, file.size);
  });
}

function readAt(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, length));
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled);
    // It was cut while it was read.
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function unreadable(path: string, what: What, error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new AppError('MEDIA_MISSING', `The ${what} ${path} is not there.`, { file: path }, { cause: error });
  const told = fileError(error, path, 'read', { lead: `The ${what} ${path}` });
  // One code for all that is wrong with where pixels lie; the sentence and what helps are those of its own trouble.
  if (told instanceof AppError) return new AppError('MEDIA_MISSING', told.message, told.params, { cause: error, remedy: told.remedy });
  return new AppError('MEDIA_MISSING', `The ${what} ${path} cannot be read (${code}).`, { file: path }, { cause: error });
}
