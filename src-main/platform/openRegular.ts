/**
 * Opens a file of ours in a project that somebody may have sent: what is under its name must be a regular file and no link, so that nothing
 * elsewhere is read out or written to, and a pipe does not hold one of libuv's few threads. The folder above is for `contained.ts`.
 * Test: test/main/platform/openRegular.test.ts.
 */
import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../../src-shared/errors.ts';

const FLAGS = {
  read: constants.O_RDONLY,
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
  write: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
};
// Windows knows neither; there the look beforehand alone decides. Without O_NONBLOCK opening a pipe waits for its other end.
const GUARDED = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @throws FILE_INVALID for anything but a regular file; other troubles as Node says them, ENOENT among them. */
export async function openRegular(path: string, how: keyof typeof FLAGS): Promise<FileHandle> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found && !found.isFile()) throw noRegularFile(path);
  const handle = await open(path, FLAGS[how] | GUARDED, 0o600).catch((error: NodeJS.ErrnoException) => {
    // It was exchanged since: a link, a pipe that nobody reads, a folder.
    throw error.code === 'ELOOP' || error.code === 'ENXIO' || error.code === 'EISDIR' ? noRegularFile(path, error) : error;
  });
  try {
    if (!(await handle.stat()).isFile()) throw noRegularFile(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function readRegular(path: string): Promise<Buffer> {
  const handle = await openRegular(path, 'read');
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** null when there is no such file. */
export async function readTextIfThere(path: string): Promise<string | null> {
  return readRegular(path).then(String, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

export async function appendRegular(path: string, text: string): Promise<void> {
  const handle = await openRegular(path, 'append');
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

function noRegularFile(path: string, cause?: unknown): AppError {
  return new AppError(
    'FILE_INVALID',
    `${path} is a link, a folder, a pipe or a device where a regular file belongs; it is neither read nor written.`,
    { file: path },
    { cause, remedy: 'Look where the project came from; then remove what is under that name.' },
  );
}
