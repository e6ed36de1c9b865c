/** Writes a file so that after a crash or a power cut either the old or the new content is there, never a part. */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../../src-shared/storageErrors.ts';
import { openRegular } from './openRegular.ts';

export async function writeFileWhole(file: string, data: string | Uint8Array): Promise<void> {
  const unfinished = `${file}.part-${process.pid}`;
  try {
    const handle = await openRegular(unfinished, 'write');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    // The write itself does not know its file.
    throw fileError(error, file, 'written');
  }
  // The rename itself is durable only when its folder is; Windows cannot open folders and needs no such call.
  if (process.platform !== 'win32') {
    const folder = await open(dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
