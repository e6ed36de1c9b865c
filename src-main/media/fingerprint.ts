/** Recognises a file by its size and by pieces spread over it: a video of gigabytes is recognised in milliseconds. Test: test/main/media/pictures.test.ts. */
import { createHash } from 'node:crypto';
import { AppError } from '../../src-shared/errors.ts';
import { fileThreads, type FileThreads } from '../pixels/fileThreads.ts';

const PIECE = 64 * 1024;
const PIECES = 32;

export async function fileFingerprint(path: string, threads: FileThreads = fileThreads()): Promise<string> {
  const found = await threads.ask('stat', path);
  if (!found) throw new AppError('MEDIA_MISSING', `${path} is not there.`, { file: path });
  // A pipe would be read for ever.
  if (found.kind !== 'file') throw new AppError('FILE_UNREADABLE', `${path} is no regular file.`, { file: path });
  const { size } = found;
  const hash = createHash('sha256').update(String(size));
  const count = Math.min(PIECES, Math.ceil(size / PIECE));
  for (let index = 0; index < count; index++) {
    // The last piece ends with the file.
    const offset = count === 1 ? 0 : Math.floor((index * Math.max(0, size - PIECE)) / (count - 1));
    hash.update(await threads.ask('part', path, { what: 'video', offset, length: PIECE }));
  }
  return hash.digest('hex');
}
