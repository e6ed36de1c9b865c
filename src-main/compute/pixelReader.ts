/**
 * Resized crops of tracklets: picture file or decoded frame → the one way of `pixels/` → Pillow's resize → RGB bytes.
 * Crops are kept in memory up to a limit, since a training run asks for each many times; a few whole frames are kept too, since
 * persons share them. A picture whose bytes are not those that were imported is never decoded. Runs in a worker thread, so that the engine never waits for a decoder. Test: test/main/compute/pixels.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { resizePil } from '../../models/pixels/resizePil.ts';
import { boxArea, cut, nearestPixel } from '../pixels/box.ts';
import { decodePicture } from '../pixels/decode.ts';
import { readImported } from '../pixels/importedPicture.ts';
import { pictureFileOf, type Located } from '../pixels/locate.ts';
import { hashAt } from '../pixels/pictureHash.ts';
import type { Picture } from '../pixels/picture.ts';
import { pictureName, type PictureFile } from '../pixels/range.ts';
import { refuseLinksOut } from '../platform/contained.ts';
import { createTurns } from '../platform/turns.ts';

/** What the reader must know of a tracklet. */
export interface PixelTracklet extends Located {
  /** [x, y, w, h] a position in the whole picture; null: the picture is the crop. */
  boxes: Float32Array | null;
  /** As noted at import; null: not noted. */
  hashes?: Uint8Array | null;
}

export interface PixelOptions {
  height: number;
  width: number;
  resize: 'bicubic' | 'bilinear';
  cacheBytes: number;
}

export interface PixelReader {
  /** [positions, height, width, 3] of one tracklet, written into `target` at `offset`. */
  read(tracklet: number, positions: ArrayLike<number>, target: Uint8Array, offset: number): Promise<void>;
  /** Bytes of resized crops in memory. */
  cached(): number;
}

/** Whole frames in memory: enough for the persons of one frame, and for two cameras in turn. */
const FRAMES_KEPT = 6;
/** libuv's threads decode while this one resizes. */
const DECODED_AT_ONCE = 4;

export interface PixelWatch {
  /** Called before the file of this position is opened, which may hang. */
  opens(tracklet: number, position: number): void;
}

export function createPixelReader(tracklets: PixelTracklet[], options: PixelOptions, watch?: PixelWatch): PixelReader {
  const { height, width, resize, cacheBytes } = options;
  const size = height * width * 3;
  const crops = new Map<string, Uint8Array>();
  const frames = new Map<string, Promise<Picture>>();
  let bytes = 0;

  async function decoded(index: number, position: number, file: PictureFile): Promise<Picture> {
    watch?.opens(index, position);
    return decodePicture(bytesOf(tracklets[index] as PixelTracklet, position, file), pictureName(file));
  }

  async function crop(index: number, position: number): Promise<Uint8Array> {
    const tracklet = tracklets[index] as PixelTracklet;
    const file = pictureFileOf(tracklet, position);
    if (!tracklet.boxes) return resized(await decoded(index, position, file));
    const name = pictureName(file);
    let frame = frames.get(name);
    if (!frame) {
      frame = decoded(index, position, file);
      if (frames.size >= FRAMES_KEPT) frames.delete(frames.keys().next().value as string);
      frames.set(name, frame);
      // Read again when it is asked for again; the file may be mended meanwhile.
      frame.catch(() => frames.delete(name));
    }
    return resized(cropOf(await frame, tracklet.boxes.subarray(position * 4, position * 4 + 4)));
  }

  function resized(picture: Picture): Uint8Array {
    return resizePil(picture.data, picture.height, picture.width, height, width, resize);
  }

  async function one(index: number, position: number): Promise<Uint8Array> {
    const key = `${index}:${position}`;
    const known = crops.get(key);
    if (known) return known;
    const pixels = await crop(index, position);
    // First come, first kept: under random access this is as good as any rule, and needs no bookkeeping.
    if (bytes + size <= cacheBytes && !crops.has(key)) {
      crops.set(key, pixels);
      bytes += size;
    }
    return pixels;
  }

  return {
    async read(index, positions, target, offset) {
      const turns = createTurns({ atOnce: DECODED_AT_ONCE, what: 'pictures' });
      await Promise.all(Array.from(positions, (position, i) => turns.take(1, async () => target.set(await one(index, position), offset + i * size))));
    },
    cached: () => bytes,
  };
}

function bytesOf({ within, hashes = null }: PixelTracklet, position: number, file: PictureFile): Uint8Array {
  if (within !== undefined && file.path !== within) refuseLinksOut(within, file.path);
  return readImported(file, hashAt(hashes, position));
}

export interface ComparedPictures {
  compared: number;
  changed: number;
  /** Name of the first changed one. */
  example: string | null;
}

/** Which pictures of some tracklets are no longer those that were imported; those of `seen` are passed over. Nothing is decoded. */
export function comparePictures(tracklets: PixelTracklet[], from: number, to: number, seen: Set<string>, watch?: PixelWatch): ComparedPictures {
  const found: ComparedPictures = { compared: 0, changed: 0, example: null };
  for (let index = from; index < Math.min(to, tracklets.length); index++) {
    const tracklet = tracklets[index] as PixelTracklet;
    const { files, hashes } = tracklet;
    if (!files || !hashes) continue;
    for (const position of files.keys()) {
      const file = pictureFileOf(tracklet, position);
      const name = pictureName(file);
      if (seen.has(name)) continue;
      seen.add(name);
      watch?.opens(index, position);
      found.compared++;
      if (isSameFile(tracklet, position, file)) continue;
      found.changed++;
      found.example ??= name;
    }
  }
  return found;
}

function isSameFile(tracklet: PixelTracklet, position: number, file: PictureFile): boolean {
  try {
    bytesOf(tracklet, position, file);
    return true;
  } catch (error) {
    // What is gone, or no picture any more, is told where its pixels are asked for.
    if (error instanceof AppError) return error.code !== 'SOURCE_CHANGED';
    throw error;
  }
}

/** The part of a box that lies in the picture; a box outside of it gives the nearest pixel rather than nothing. */
export function cropOf(picture: Picture, box: ArrayLike<number>): Picture {
  return cut(picture, boxArea(box, picture.width, picture.height) ?? nearestPixel(box, picture.width, picture.height));
}
