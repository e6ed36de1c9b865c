/**
 * Bytes of a picture that was imported. One that lies in an archive is shown and computed with only where they are those that were imported: where it
 * lies there is the word of a row, which may have come from anybody. Blocks its thread. Test: test/main/pixels/importedPicture.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { refuseOther } from './pictureHash.ts';
import { pictureName, type PictureFile } from './range.ts';
import { readRegularFile } from './regularFile.ts';

/** `hash`: as noted at import; null: it was not. @throws SOURCE_CHANGED where it is another picture, MEDIA_MISSING where there is none */
export function readImported(file: PictureFile, hash: Uint8Array | null): Uint8Array {
  const name = pictureName(file);
  if (file.range && !hash)
    throw new AppError('SOURCE_CHANGED', `Nothing tells which picture ${name} was when it was imported, so it is not read.`, { file: name });
  const bytes = bytesOf(file, name);
  if (hash) refuseOther(bytes, hash, 0, name);
  return bytes;
}

function bytesOf({ path, range }: PictureFile, name: string): Uint8Array {
  try {
    return readRegularFile(path, range);
  } catch (error) {
    // What lies there instead need not unpack, nor be there at all.
    if (!range || !(error instanceof AppError) || error.code !== 'MEDIA_UNDECODABLE') throw error;
    throw new AppError(
      'SOURCE_CHANGED',
      `The picture ${name} is another one than was imported: the archive has changed since.`,
      { file: name },
      { cause: error },
    );
  }
}
