/** Bytes of an open file from a place on. Test: test/main/features/imports/fileTree.test.ts. */
import type { FileHandle } from 'node:fs/promises';

/** So many, or fewer where the file ends; one read may bring less than was asked for. */
export async function readAt(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
