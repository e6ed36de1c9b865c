/** A picture's file → upright RGB, asked for by whoever must not wait for a disk: the host. Training reads in its own thread (`engine/pixelReader.ts`). */
import { decodePicture, type PartOf } from './decode.ts';
import { fileThreads, type FileThreads } from './fileThreads.ts';
import type { Picture } from './picture.ts';

export interface ReadOptions {
  /** See `FileThreads.ask`. */
  root?: string;
  signal?: AbortSignal | undefined;
  part?: PartOf;
  threads?: FileThreads;
}

/** Throws MEDIA_MISSING or MEDIA_UNDECODABLE naming the path. */
export async function readPicture(path: string, { part, threads = fileThreads(), ...ask }: ReadOptions = {}): Promise<Picture> {
  return decodePicture(await threads.ask('bytes', path, ask), path, part);
}
