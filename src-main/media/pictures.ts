/**
 * Cuts and joins pictures with sharp (libuv's threads, never the event loop): crops, strips, sheets. A cell is 1:2 and shows the whole person:
 * a box takes in what is beside it in the frame, a crop gets the stage's grey; nothing is stretched or cut off. A crop that cannot be read
 * stays a grey cell. Test: test/main/media/pictures.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { AppError } from '../../src-shared/errors.ts';
import type { HostContext } from '../host/context.ts';
import type { TrackletPixels } from '../features/media/table.ts';
import { ensureFrame } from './frameFiles.ts';
import { mediaFile } from './location.ts';
import { loadSharp } from './sharpLoader.ts';

/** The page's `--stage`, so that what is not covered by a crop cannot be seen. */
const STAGE = { r: 0x70, g: 0x70, b: 0x70 };
const QUALITY = 85;

/** One core stays free for commands, the page and its drawing: pictures that come a little later are not felt, a frame or a value is. */
const AT_ONCE = Math.max(1, Math.min(4, availableParallelism() - 1));
let decoding = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(decode: () => Promise<T>): Promise<T> {
  if (decoding < AT_ONCE) decoding++;
  else await new Promise<void>((begin) => waiting.push(begin));
  try {
    return await decode();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else decoding--;
  }
}

type PictureContext = Pick<HostContext, 'db' | 'project' | 'paths' | 'settings'>;

/** Path of the picture that holds a position: the crop itself, or the whole frame. */
export async function picturePath(context: PictureContext, pixels: TrackletPixels, position: number): Promise<string> {
  const { media } = pixels;
  if (pixels.files) return mediaFile(context.project, media.root, pixels.files[position] ?? '');
  return ensureFrame(context, media.id, pixels.frameIndex[position] ?? 0);
}

/** One crop as JPEG: its native size, or `height` pixels high. */
export async function cropPicture(context: PictureContext, pixels: TrackletPixels, position: number, height: number | null): Promise<Buffer> {
  const path = await picturePath(context, pixels, position);
  const bytes = await readPicture(path);
  const sharp = await loadSharp();
  try {
    let image = sharp(bytes).autoOrient();
    if (pixels.boxes) {
      const area = clipped(pixels.boxes.subarray(position * 4, position * 4 + 4), pixels.media.width, pixels.media.height);
      if (!area)
        throw new AppError(
          'MEDIA_MISSING',
          `The box of position ${position} lies outside its frame; there is nothing to show.`,
          { position },
          { remedy: 'Correct the box in the source and import it again.' },
        );
      image = image.extract(area);
    }
    if (height !== null) image = image.resize({ height });
    const whole = image.flatten({ background: STAGE }).jpeg({ quality: 92 });
    return await inTurn(() => whole.toBuffer());
  } catch (error) {
    throw pictureError(error, path);
  }
}

/** Crops of the given positions side by side, each height/2 × height. */
export async function sheetPicture(context: PictureContext, pixels: TrackletPixels, positions: number[], height: number, signal: AbortSignal): Promise<Buffer> {
  const sharp = await loadSharp();
  const width = Math.max(1, Math.round(height / 2));
  const pixelsOf = { width: width * positions.length, height, channels: 3 as const };
  // Rows are copied by hand: sharp's compositing blends with alpha and takes five times as long as this and the encoding together.
  const sheet = Buffer.alloc(pixelsOf.width * height * 3, Buffer.from([STAGE.r, STAGE.g, STAGE.b]));
  let made = 0;
  let firstError: unknown = null;
  for (const [index, position] of positions.entries()) {
    signal.throwIfAborted();
    try {
      const one = await cell(context, pixels, position, width, height);
      for (let y = 0; y < height; y++) one.copy(sheet, (y * pixelsOf.width + index * width) * 3, y * width * 3, (y + 1) * width * 3);
      made++;
    } catch (error) {
      firstError ??= error;
    }
  }
  if (made === 0 && firstError) throw firstError;
  const encoded = sharp(sheet, { raw: pixelsOf }).jpeg({ quality: QUALITY });
  return inTurn(() => encoded.toBuffer());
}

async function cell(context: PictureContext, pixels: TrackletPixels, position: number, width: number, height: number): Promise<Buffer> {
  const path = await picturePath(context, pixels, position);
  const bytes = await readPicture(path);
  const sharp = await loadSharp();
  try {
    let image = sharp(bytes).autoOrient();
    if (pixels.boxes) {
      const area = clipped(widened(pixels.boxes.subarray(position * 4, position * 4 + 4)), pixels.media.width, pixels.media.height);
      if (!area)
        return await sharp({ create: { width, height, channels: 3, background: STAGE } })
          .raw()
          .toBuffer();
      image = image.extract(area);
    }
    const fitted = image.resize({ width, height, fit: 'contain', background: STAGE }).flatten({ background: STAGE }).toColourspace('srgb').removeAlpha().raw();
    return await inTurn(() => fitted.toBuffer());
  } catch (error) {
    throw pictureError(error, path);
  }
}

/** The smallest 1:2 box around a box, with the same centre. */
export function widened(box: ArrayLike<number>): [number, number, number, number] {
  const [x = NaN, y = NaN, w = NaN, h = NaN] = Array.from(box);
  const width = Math.max(w, h / 2);
  const height = 2 * width;
  return [x + (w - width) / 2, y + (h - height) / 2, width, height];
}

/** Whole pixels inside the frame; null when nothing of the box is. */
export function clipped(box: ArrayLike<number>, frameWidth: number, frameHeight: number): { left: number; top: number; width: number; height: number } | null {
  const [x = NaN, y = NaN, w = NaN, h = NaN] = Array.from(box);
  if (![x, y, w, h].every(Number.isFinite)) return null;
  const left = Math.max(0, Math.round(x));
  const top = Math.max(0, Math.round(y));
  const right = Math.min(frameWidth, Math.round(x + w));
  const bottom = Math.min(frameHeight, Math.round(y + h));
  return right > left && bottom > top ? { left, top, width: right - left, height: bottom - top } : null;
}

/** `n` positions spread over 0..frames−1, first and last among them; each once when there are fewer. */
export function spread(frames: number, n: number): number[] {
  if (frames <= n) return Array.from({ length: frames }, (_, position) => position);
  if (n === 1) return [Math.floor(frames / 2)];
  return Array.from({ length: n }, (_, index) => Math.round((index * (frames - 1)) / (n - 1)));
}

export async function readPicture(path: string): Promise<Buffer> {
  try {
    const bytes = await readFile(path);
    if (bytes.length === 0) throw new AppError('MEDIA_UNDECODABLE', `The picture ${path} is empty (0 bytes).`, { file: path });
    return bytes;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new AppError(
      'MEDIA_MISSING',
      `The picture ${path} ${code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? 'unknown reason'})`}.`,
      { file: path },
      { cause: error },
    );
  }
}

function pictureError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error;
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return new AppError('MEDIA_UNDECODABLE', `The picture ${path} cannot be decoded (${text}).`, { file: path }, { cause: error });
}
