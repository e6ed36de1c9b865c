/** Recognises a file by its size and by pieces spread over it: a video of gigabytes is recognised in milliseconds. Test: test/main/media/pictures.test.ts. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AppError } from '../../src-shared/errors.ts';

const PIECE = 64 * 1024;
const PIECES = 32;

export async function fileFingerprint(path: string): Promise<string> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new AppError(
      error.code === 'ENOENT' ? 'MEDIA_MISSING' : 'FILE_UNREADABLE',
      `${path} ${error.code === 'ENOENT' ? 'is not there' : 'cannot be read'}.`,
      { file: path },
      { cause: error },
    );
  });
  try {
    const { size } = await handle.stat();
    const hash = createHash('sha256').update(String(size));
    const piece = Buffer.alloc(PIECE);
    const count = Math.min(PIECES, Math.ceil(size / PIECE));
    for (let index = 0; index < count; index++) {
      // The last piece ends with the file.
      const position = count === 1 ? 0 : Math.floor((index * Math.max(0, size - PIECE)) / (count - 1));
      const { bytesRead } = await handle.read(piece, 0, PIECE, position);
      hash.update(piece.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}
