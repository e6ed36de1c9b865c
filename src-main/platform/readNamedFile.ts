/**
 * Reads a file that the user has named, through links as well (those of a project's own files: `openRegular.ts`). A device or a pipe has no
 * end, or keeps whoever opens it waiting; NONBLOCK lets a pipe be opened and refused. Tests: test/main/cli/metrics.test.ts,
 * test/main/engine/computeForward.test.ts.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';

export async function readNamedFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile())
      throw new AppError(
        'FILE_INVALID',
        `${path} is not a regular file; a folder, a device or a pipe is not read.`,
        { file: basename(path) },
        { remedy: 'Save the numbers to a file, and name that.' },
      );
    return await file.readFile();
  } finally {
    await file.close();
  }
}
