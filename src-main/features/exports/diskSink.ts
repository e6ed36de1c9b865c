/**
 * A folder on disk as the `FileSink` of the exporters: every file is new, none lies outside, and pictures are those that were imported, or the
 * export ends. Test: test/main/features/exports/exports.test.ts.
 */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileSink } from '../../../datasets/exporter.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';
import { fileFingerprint } from '../../media/fingerprint.ts';
import { readImported } from '../../pixels/importedPicture.ts';
import { CHANGED_REMEDY, hashAt, hashesOf, isSamePicture } from '../../pixels/pictureHash.ts';
import { rangeAt, rangesOf, type PictureRange } from '../../pixels/range.ts';
import { readRegularFile, withRegularFile } from '../../pixels/regularFile.ts';
import { containedPath, pathInside } from '../../platform/contained.ts';
import type { ExportLinks } from './exportProtocol.ts';
import type { StoredItem } from './table.ts';

/** Lines are written in pieces of so many characters. */
const PIECE = 1 << 20;

export interface DiskSink extends FileSink {
  written(): { files: number; bytes: number };
}

export function createDiskSink(folder: string, roots: Readonly<Record<string, string>>, links: ExportLinks): DiskSink {
  const made = new Set<string>();
  let files = 0;
  let bytes = 0;

  async function place(path: string): Promise<string> {
    const target = pathInside(folder, path);
    const above = dirname(target);
    if (!made.has(above)) await mkdir(above, { recursive: true });
    made.add(above);
    files++;
    return target;
  }

  return {
    written: () => ({ files, bytes }),

    async text(path, lines) {
      const target = await place(path);
      try {
        const file = await open(target, 'wx');
        try {
          let piece = '';
          for await (const line of lines) {
            piece += line;
            if (piece.length < PIECE) continue;
            bytes += Buffer.byteLength(piece);
            await file.writeFile(piece);
            piece = '';
          }
          bytes += Buffer.byteLength(piece);
          await file.writeFile(piece);
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (error) {
        throw error instanceof AppError ? error : fileError(error, target, 'written');
      }
    },

    async media(path, of, position) {
      const { tracklet, media, pictures, ranges, videoHash, root } = of as StoredItem;
      const from = tracklet.files?.[position] ?? media.path;
      const frames = tracklet.frameIndex.length;
      const inside = roots[root];
      // One that was not there when the export began: its data set was brought back meanwhile.
      if (inside === undefined)
        throw new AppError('CONFLICT', `The folder of ${from} is not among those that this export began with.`, { file: from }, { remedy: 'Export again.' });
      const places = tracklet.files && rangesOf(ranges, frames);
      if (places) {
        if (links === 'link') throw noSecondName(from, inside);
        const picture = readMember(inside, { ...rangeAt(places, position), member: from }, hashAt(hashesOf(pictures, frames), position));
        const target = await place(path);
        await writeFile(target, picture, { flag: 'wx' }).catch((error: unknown) => {
          throw fileError(error, target, 'written');
        });
        bytes += picture.length;
        return;
      }
      const source = containedPath(inside, from);
      await refuseOther(source, from, tracklet.files === null ? videoHash : hashesOf(pictures, frames), position);
      const target = await place(path);
      try {
        if (links === 'link') await link(source, target);
        // Where the file system can, a copy shares its blocks until one of them is changed.
        else await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      } catch (error) {
        throw troubleOf(error, target, links);
      }
      bytes += (await stat(target)).size;
    },
  };
}

function readMember(root: string, range: PictureRange, hash: Uint8Array | null): Uint8Array {
  try {
    return readImported({ path: root, range }, hash);
  } catch (error) {
    if (error instanceof AppError && error.code === 'SOURCE_CHANGED') throw otherThan(`${range.member} in ${root}`);
    throw error;
  }
}

function noSecondName(member: string, archive: string): AppError {
  return new AppError(
    'UNSUPPORTED',
    `${member} lies in the archive ${archive}, so no second name can be made of it.`,
    { file: archive },
    { remedy: 'Take copies.' },
  );
}

function troubleOf(error: unknown, target: string, links: ExportLinks): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (links === 'link' && (code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP'))
    return new AppError(
      'UNSUPPORTED',
      `${target} cannot be a second name of the picture it is made from (${code}).`,
      { file: target },
      { cause: error, remedy: 'Export to the disk that the pictures are on, or take copies.' },
    );
  return fileError(error, target, 'written');
}

/** @param noted what the import knew of the pixels: hashes of pictures, or the fingerprint of a video; null: nothing. */
async function refuseOther(source: string, from: string, noted: Uint8Array | string | null, position: number): Promise<void> {
  // Nothing is known of it but that it must be a file: a pipe would hold the copy for ever, and what is missing would be said of the copy's place.
  if (noted === null) return withRegularFile(source, () => undefined);
  const isSame = typeof noted === 'string' ? (await fileFingerprint(source)) === noted : isSamePicture(readRegularFile(source), noted, position);
  if (!isSame) throw otherThan(from);
}

function otherThan(from: string): AppError {
  return new AppError(
    'SOURCE_CHANGED',
    `${from} is another one than was imported, so its labels would stand on it wrongly.`,
    { file: from },
    { remedy: CHANGED_REMEDY },
  );
}
