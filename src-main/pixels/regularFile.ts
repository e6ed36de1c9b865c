/**
 * Reads a file that may be anything, or a range of it: only regular files are read, so that a pipe, a socket or a device cannot hold a reader for ever.
 * Sizes of ranges are claims; nothing is held before it came. Blocks its thread, never libuv's few ones; whoever must not wait asks `fileThreads.ts`. Test: test/main/pixels/regularFile.test.ts.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { AppError } from '../../src-shared/errors.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { canBe, pictureName, type PictureRange } from './range.ts';

/** No picture of MAX_PIXELS is larger, whatever its format. */
const MAX_BYTES = 1024 ** 3;

export interface OpenRegular {
  size: number;
  /** Fewer bytes than asked for only at the end of the file. */
  at(offset: number, length: number): Uint8Array;
}

export type What = 'picture' | 'video' | 'archive';

/** Opens, lets `use` read, closes. Throws AppError naming the path. `lead`: what it is called, to begin a sentence. */
export function withRegularFile<T>(path: string, use: (file: OpenRegular) => T, what: What = 'picture', lead = `The ${what} ${path}`): T {
  let descriptor: number;
  try {
    // Without O_NONBLOCK opening a pipe waits for somebody to write into it.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unreadable(path, lead, error);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile())
      throw new AppError(
        'MEDIA_UNDECODABLE',
        `${lead} is no regular file (${stats.isDirectory() ? 'a folder' : 'a pipe, socket or device'}).`,
        { file: path },
        { remedy: `Put the ${what} itself in its place.` },
      );
    if (stats.size === 0) throw new AppError('MEDIA_UNDECODABLE', `${lead} is empty (0 bytes).`, { file: path }, { remedy: 'Fetch it again from its source.' });
    return use({ size: stats.size, at: (offset, length) => readAt(descriptor, offset, Math.min(length, stats.size - offset)) });
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(path, lead, error);
  } finally {
    closeSync(descriptor);
  }
}

/** A picture: a whole file, or the member of an archive that lies there. */
export function readRegularFile(path: string, range?: PictureRange): Uint8Array {
  if (!range)
    return withRegularFile(path, (file) => {
      refuseLarge(file.size, path);
      return file.at(0, file.size);
    });
  return withRegularFile(path, (file) => unpacked(file, path, range), 'archive', `The archive ${path} with the picture ${range.member}`);
}

function unpacked(file: OpenRegular, path: string, range: PictureRange): Uint8Array {
  const name = pictureName({ path, range });
  const { start, packed, size, coding } = range;
  if (!canBe(range)) throw notThere(name, 'its place in the archive makes no sense');
  refuseLarge(size, name);
  if (start + packed > file.size) throw notThere(name, 'the archive ends before it');
  const bytes = file.at(start, packed);
  if (bytes.length < packed) throw notThere(name, 'the archive was cut off while it was read');
  if (coding === 'stored') return bytes;
  let made: Uint8Array;
  try {
    // Zlib wants room for one byte at least.
    made = inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw notThere(name, `it does not unpack (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  if (made.length !== size) throw notThere(name, `it unpacks to ${made.length} bytes, not to ${size}`);
  // Into memory of its own, which can be handed to another thread.
  const own = Buffer.allocUnsafeSlow(size);
  own.set(made);
  return own;
}

function notThere(name: string, why: string): AppError {
  return new AppError('MEDIA_UNDECODABLE', `The picture ${name} cannot be read: ${why}.`, { file: name });
}

function refuseLarge(size: number, name: string): void {
  if (size > MAX_BYTES)
    throw new AppError(
      'MEDIA_UNDECODABLE',
      `The picture ${name} has ${size} bytes; more than ${MAX_BYTES} are not read.`,
      { file: name },
      { remedy: 'Put a smaller picture in its place.' },
    );
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

function unreadable(path: string, lead: string, error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new AppError('MEDIA_MISSING', `${lead} is not there.`, { file: path }, { cause: error });
  const told = fileError(error, path, 'read', { lead });
  // One code for all that is wrong with where pixels lie; the sentence and what helps are those of its own trouble.
  if (told instanceof AppError) return new AppError('MEDIA_MISSING', told.message, told.params, { cause: error, remedy: told.remedy });
  return new AppError('MEDIA_MISSING', `${lead} cannot be read (${code}).`, { file: path }, { cause: error });
}
