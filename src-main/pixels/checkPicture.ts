/**
 * What an import asks of every picture: its size from the header, or whether all of it can be decoded. Few are decoded at once, however many are
 * asked for. Test: test/main/pixels/checkPicture.test.ts.
 */
import { createTurns } from '../platform/turns.ts';
import { checkHeader, decodePicture } from './decode.ts';
import { fileThreads, type FileThreads } from './fileThreads.ts';
import type { PictureHeader } from './header.ts';
import { pictureName, type PictureFile } from './range.ts';

export interface CheckOptions {
  /** See `FileThreads.ask`. */
  root?: string;
  signal?: AbortSignal | undefined;
  threads?: FileThreads;
}

/** Of decodings with libvips; the quick way is bounded by its threads. */
const turns = createTurns({ atOnce: 2, what: 'pictures' });

/** Size and orientation from the header alone. Throws MEDIA_MISSING or MEDIA_UNDECODABLE naming the path. */
export async function readHeader(file: PictureFile, { threads = fileThreads(), ...ask }: CheckOptions = {}): Promise<PictureHeader> {
  return checkHeader(await threads.ask('header', file.path, { ...ask, range: file.range }), pictureName(file));
}

/** Decodes all of it. Throws MEDIA_MISSING or MEDIA_UNDECODABLE naming the path, also for a picture that is cut off. */
export async function checkPicture(file: PictureFile, { threads = fileThreads(), ...options }: CheckOptions = {}): Promise<PictureHeader> {
  const ask = { ...options, range: file.range };
  const { header: found, isSound } = await threads.ask('check', file.path, ask);
  const header = checkHeader(found, pictureName(file));
  if (isSound) return header;
  return turns.take(1, async () => {
    ask.signal?.throwIfAborted();
    await decodePicture(await threads.ask('bytes', file.path, ask), pictureName(file));
    return header;
  });
}
