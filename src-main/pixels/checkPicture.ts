/**
 * What an import asks of every picture: its size from the header, or whether all of it can be decoded. Few are decoded at once, however many are
 * asked for. Test: test/main/pixels/checkPicture.test.ts.
 */
import { createTurns } from '../platform/turns.ts';
import { checkHeader, decodePicture } from './decode.ts';
import { fileThreads, type FileThreads } from './fileThreads.ts';
import type { PictureHeader } from './header.ts';

export interface CheckOptions {
  /** See `FileThreads.ask`. */
  root?: string;
  signal?: AbortSignal | undefined;
  threads?: FileThreads;
}

/** Of decodings with libvips; the quick way is bounded by its threads. */
const turns = createTurns({ atOnce: 2, what: 'pictures' });

/** Size and orientation from the header alone. Throws MEDIA_MISSING or MEDIA_UNDECODABLE naming the path. */
export async function readHeader(path: string, { threads = fileThreads(), ...ask }: CheckOptions = {}): Promise<PictureHeader> {
  return checkHeader(await threads.ask('header', path, ask), path);
}

/** Decodes all of it. Throws MEDIA_MISSING or MEDIA_UNDECODABLE naming the path, also for a picture that is cut off. */
export async function checkPicture(path: string, { threads = fileThreads(), ...ask }: CheckOptions = {}): Promise<PictureHeader> {
  const { header: found, isSound } = await threads.ask('check', path, ask);
  const header = checkHeader(found, path);
  if (isSound) return header;
  return turns.take(1, async () => {
    ask.signal?.throwIfAborted();
    await decodePicture(await threads.ask('bytes', path, ask), path);
    return header;
  });
}
