/**
 * Reads a file that the user has named, through links as well (those of a project's own files: `openRegular.ts`). A device or a pipe has no
 * end, or keeps whoever opens it waiting; NONBLOCK lets a pipe be opened and refused. Tests: test/main/cli/metrics.test.ts,
 * test/main/compute/forward.test.ts.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';

export interface HeadCheck {
  bytes: number;
  /** Throws where the head does not go with the length of the file; nothing more is read then. */
  check(head: Buffer, length: number): void;
}

export async function readNamedFile(path: string, head?: HeadCheck): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await file.stat();
    if (!stat.isFile())
      throw new AppError(
        'FILE_INVALID',
        `${path} is not a regular file; a folder, a device or a pipe is not read.`,
        { file: basename(path) },
        { remedy: 'Save the numbers to a file, and name that.' },
      );
    if (head) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(head.bytes, stat.size)), 0, undefined, 0);
      head.check(buffer.subarray(0, bytesRead), stat.size);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
