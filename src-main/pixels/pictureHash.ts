/**
 * The short hash of a picture's bytes. An import notes it for every picture; who reads pixels for a result compares it, so that a picture that
 * was replaced in its place is noticed. Test: test/main/compute/changedPictures.test.ts.
 */
import { hash } from 'node:crypto';
import { AppError } from '../../src-shared/errors.ts';

/** Bytes kept of a picture's hash: enough to tell a changed picture from the one that was there. */
export const PICTURE_HASH = 8;

export function pictureHash(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer').subarray(0, PICTURE_HASH);
}

/** Whether these are the bytes whose hash stands at `position` of `hashes`. */
export function isSamePicture(bytes: Uint8Array, hashes: Uint8Array, position: number): boolean {
  const at = position * PICTURE_HASH;
  return pictureHash(bytes).every((byte, i) => byte === hashes[at + i]);
}

/** @throws SOURCE_CHANGED unless they are. */
export function refuseOther(bytes: Uint8Array, hashes: Uint8Array, position: number, path: string): void {
  if (!isSamePicture(bytes, hashes, position)) throw new AppError('SOURCE_CHANGED', `The picture ${path} is another one than was imported.`, { file: path });
}

/** What an import noted of the pictures of so many frames, where it is whole; null where it noted nothing. */
export function hashesOf(pictures: Uint8Array | null | undefined, frames: number): Uint8Array | null {
  return pictures?.length === frames * PICTURE_HASH ? pictures : null;
}

/** The hash at `position` of `hashes`, in memory of its own; null where none was noted. */
export function hashAt(hashes: Uint8Array | null, position: number): Uint8Array | null {
  return hashes && hashes.slice(position * PICTURE_HASH, (position + 1) * PICTURE_HASH);
}

/** Where pixels are other ones than were imported. */
export const CHANGED_REMEDY =
  'Import the folder again and take the changes over ("Update it", or "tracklet import … --update"): labels stay with the pictures they were given for. Or put the old files back.';
