/**
 * Resized crops of tracklets: picture file or decoded frame → box clipped to the frame → Pillow's resize → RGB bytes.
 * Crops are kept in memory up to a limit, since a training run asks for each many times; a few whole frames are kept too, since
 * persons share them. Runs in a worker thread, so that the engine never waits for a decoder. Test: test/main/engine/computePixels.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import sharp from 'sharp';
import { AppError } from '../../src-shared/errors.ts';
import { resizePil } from '../../models/pixels/resizePil.ts';

/** CommonJS whose names Node cannot see from outside. */
const { decompressSync, FORMAT_RGB } = createRequire(import.meta.url)('@julusian/jpeg-turbo') as typeof import('@julusian/jpeg-turbo');

/** What the reader must know of a tracklet. */
export interface PixelTracklet {
  /** Absolute path of the picture of every position; null: `frames` holds them. */
  files: string[] | null;
  /** Folder of decoded frames; used when `files` is null. */
  framesFolder: string;
  frameIndex: Int32Array;
  /** [x, y, w, h] a position in the whole picture; null: the picture is the crop. */
  boxes: Float32Array | null;
}

export interface PixelOptions {
  height: number;
  width: number;
  resize: 'bicubic' | 'bilinear';
  cacheBytes: number;
}

export interface Picture {
  data: Uint8Array;
  width: number;
  height: number;
}

export interface PixelReader {
  /** [positions, height, width, 3] of one tracklet, written into `target` at `offset`. */
  read(tracklet: number, positions: ArrayLike<number>, target: Uint8Array, offset: number): Promise<void>;
  /** Bytes of resized crops in memory. */
  cached(): number;
}

/** Whole frames in memory: enough for the persons of one frame, and for two cameras in turn. */
const FRAMES_KEPT = 6;

export function createPixelReader(tracklets: PixelTracklet[], options: PixelOptions): PixelReader {
  const { height, width, resize, cacheBytes } = options;
  const size = height * width * 3;
  const crops = new Map<string, Uint8Array>();
  const frames = new Map<string, Promise<Picture>>();
  let bytes = 0;

  async function crop(tracklet: PixelTracklet, position: number): Promise<Uint8Array> {
    const path = pathOf(tracklet, position);
    if (!tracklet.boxes) return resized(await decodePicture(path));
    let frame = frames.get(path);
    if (!frame) {
      frame = decodePicture(path);
      if (frames.size >= FRAMES_KEPT) frames.delete(frames.keys().next().value as string);
      frames.set(path, frame);
    }
    return resized(cutBox(await frame, tracklet.boxes.subarray(position * 4, position * 4 + 4)));
  }

  function resized(picture: Picture): Uint8Array {
    return resizePil(picture.data, picture.height, picture.width, height, width, resize);
  }

  return {
    async read(index, positions, target, offset) {
      const tracklet = tracklets[index] as PixelTracklet;
      for (let i = 0; i < positions.length; i++) {
        const position = positions[i] as number;
        const key = `${index}:${position}`;
        let pixels = crops.get(key);
        if (!pixels) {
          pixels = await crop(tracklet, position);
          // First come, first kept: under random access this is as good as any rule, and needs no bookkeeping.
          if (bytes + size <= cacheBytes) {
            crops.set(key, pixels);
            bytes += size;
          }
        }
        target.set(pixels, offset + i * size);
      }
    },
    cached: () => bytes,
  };
}

function pathOf(tracklet: PixelTracklet, position: number): string {
  const file = tracklet.files?.[position];
  if (file !== undefined) return file;
  return join(tracklet.framesFolder, `${String(tracklet.frameIndex[position]).padStart(6, '0')}.jpg`);
}

/** @throws MEDIA_MISSING or MEDIA_UNDECODABLE naming the file. */
export async function decodePicture(path: string): Promise<Picture> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new AppError('MEDIA_MISSING', `The picture ${path} cannot be read.`, { path }, { cause: error });
  }
  try {
    if (isJpeg(bytes)) {
      const { data, width, height } = decompressSync(bytes, { format: FORMAT_RGB });
      return { data: new Uint8Array(data.buffer, data.byteOffset, width * height * 3), width, height };
    }
  } catch {
    // CMYK and other rare kinds: sharp knows them, and says so if it does not.
  }
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: 100_000_000 })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { data, width: info.width, height: info.height };
  } catch (error) {
    throw new AppError(
      'MEDIA_UNDECODABLE',
      `The picture ${path} cannot be decoded (${error instanceof Error ? error.message : String(error)}).`,
      { path },
      { cause: error },
    );
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** The part of a box that lies in the picture, at whole pixels; a box outside of it gives the nearest pixel rather than nothing. */
export function cutBox(picture: Picture, box: ArrayLike<number>): Picture {
  const [x = 0, y = 0, w = 0, h = 0] = Array.from(box);
  const left = clamp(Math.round(x), 0, picture.width - 1);
  const top = clamp(Math.round(y), 0, picture.height - 1);
  const width = clamp(Math.round(x + w), left + 1, picture.width) - left;
  const height = clamp(Math.round(y + h), top + 1, picture.height) - top;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { data, width, height };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, Number.isFinite(value) ? value : low));
}
