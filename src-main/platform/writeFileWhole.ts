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
  await flushFolder(dirname(file));
}

/** Makes renames and new names in a folder durable. Windows cannot open folders and needs no such call: NTFS orders the rename itself. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
