/**
 * Looks at every picture of an import: its header, and on wish all of it, since a header does not tell that the rest is cut off. What cannot
 * be read is left out and counted, not the end of the import. Tests: test/datasets/readers/checkPictures.test.ts,
 * test/datasets/importers/image-folder.test.ts.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { throwIfCancelled, type ImportContext } from '../importer.ts';
import type { FileTree } from '../tree.ts';

/** The option `checkEvery` of an importer. */
export const checkEvery = z
  .boolean()
  .default(true)
  .meta({ title: 'Decode every picture', description: 'Off: only headers are read, which is faster but does not find pictures that are cut off' });

export interface PictureSize {
  width: number;
  height: number;
}

/** Decoding uses several threads; more at once than this gains nothing. */
const AT_ONCE = 8;

const TROUBLES = { PICTURE_UNREADABLE: 'that cannot be opened', PICTURE_EMPTY: 'of 0 bytes', PICTURE_UNDECODABLE: 'that cannot be decoded' };
type Trouble = keyof typeof TROUBLES;

/** Size of each picture, or null where it was left out. `rest` ends the sentence of the warning, such as ", with the boxes on them". */
export async function checkPictures(
  tree: FileTree,
  files: readonly string[],
  { media, signal, leaveOut }: ImportContext,
  { decode, rest = '' }: { decode: boolean; rest?: string },
): Promise<(PictureSize | null)[]> {
  async function check(file: string): Promise<PictureSize | Trouble> {
    try {
      return await (decode ? media.check(file) : media.image(file));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // A share that does not answer says nothing about a picture: to leave out what it holds would lose the set.
      if (error.params['gaveUp'] === true) throw error;
      if (error.code === 'FILE_UNREADABLE' || error.code === 'MEDIA_MISSING') return 'PICTURE_UNREADABLE';
      if (error.code !== 'MEDIA_UNDECODABLE') throw error;
      return (await tree.size(file)) === 0 ? 'PICTURE_EMPTY' : 'PICTURE_UNDECODABLE';
    }
  }
  const sizes: (PictureSize | null)[] = [];
  for (let start = 0; start < files.length; start += AT_ONCE) {
    throwIfCancelled(signal);
    const batch = files.slice(start, start + AT_ONCE);
    for (const [index, found] of (await Promise.all(batch.map(check))).entries()) {
      if (typeof found === 'string') leaveOut(found, `Pictures ${TROUBLES[found]} are left out${rest}.`, { files: [batch[index] ?? ''] });
      sizes.push(typeof found === 'string' ? null : found);
    }
  }
  return sizes;
}
