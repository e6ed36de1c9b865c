/**
 * Makes what the page shows of the pixels that the model reads (`pixels/`): crops, strips, sheets. A cell is 1:2 and shows the whole person:
 * a box takes in what is beside it in the frame, a crop gets the stage's grey; nothing is stretched or cut off. A picture that cannot be read,
 * or is not the one that was imported, is not shown: it is refused, and in a strip a sign stands for it. Test: test/main/media/pictures.test.ts.
 */
import { availableParallelism } from 'node:os';
import { AppError } from '../../src-shared/errors.ts';
import type { MediaContext } from './context.ts';
import { ensureFrame } from './frameFiles.ts';
import { boxArea, widened } from '../pixels/box.ts';
import type { FrameFile, MediaSource, TrackletPixels } from './source.ts';
import { decodePicture, headerOf } from '../pixels/decode.ts';
import { fileThreads } from '../pixels/fileThreads.ts';
import { MAX_PIXELS, type Picture } from '../pixels/picture.ts';
import { CHANGED_REMEDY, hashAt } from '../pixels/pictureHash.ts';
import { pictureName, rangeAt, type PictureFile } from '../pixels/range.ts';
import { createTurns } from '../platform/turns.ts';
import { loadSharp } from '../pixels/sharpLoader.ts';
import { pictureFile } from './location.ts';
import type { Made } from './pictureCache.ts';
import { pictureSign } from './pictureSign.ts';

/** The page's `--stage`, so that what is not covered by a crop cannot be seen. */
const STAGE = { r: 0x70, g: 0x70, b: 0x70 };
const QUALITY = 85;

/** One core stays free for commands, the page and its drawing: pictures that come a little later are not felt, a frame or a value is. */
const AT_ONCE = Math.max(1, Math.min(4, availableParallelism() - 1));
/** Pixels in memory at once, three bytes each: one picture of the largest kind, or many usual ones. */
const turns = createTurns({ atOnce: AT_ONCE, room: MAX_PIXELS, what: 'pictures' });
/** Of what is made for the page: far more than a window shows, 48 MB while it is made. */
export const MAX_MADE_PIXELS = 16_000_000;

type PictureContext = Pick<MediaContext, 'mediaRows' | 'project' | 'paths' | 'settings' | 'changedPictures' | 'missingPictures'>;

/** A picture of a data set, with what was noted of it at import; `file` relative to the root. */
export interface ImportedFile extends FrameFile {
  media: MediaSource;
}

export function fileOf({ project }: Pick<MediaContext, 'project'>, { media, file, range }: ImportedFile): PictureFile {
  return pictureFile(project, media.root, file, range);
}

/** The picture of a position, where it was imported as such and not as part of a video. */
function importedAt({ media, files, ranges, hashes, id: trackletId }: TrackletPixels, position: number): ImportedFile | null {
  if (!files) return null;
  return { media, trackletId, position, file: files[position] ?? '', range: ranges && rangeAt(ranges, position), hash: hashAt(hashes, position) };
}

interface PictureWish {
  signal?: AbortSignal;
  areaOf?: typeof boxArea;
}

/** One position's pixels as the model reads them, before it resizes them; null where the box has nothing of its frame. */
async function picturePixels(context: PictureContext, pixels: TrackletPixels, position: number, wish: PictureWish): Promise<Picture | null> {
  const at = { trackletId: pixels.id, position, file: pixels.files?.[position] ?? `frame ${pixels.frameIndex[position] ?? 0}` };
  try {
    const read = await readPixels(context, pixels, position, wish);
    context.missingPictures.note(pixels.media, at, false);
    return read;
  } catch (error) {
    // One that nobody waits for any more says nothing about the picture.
    if (!wish.signal?.aborted) context.missingPictures.note(pixels.media, at, !isChanged(error));
    throw error;
  }
}

async function readPixels(
  context: PictureContext,
  pixels: TrackletPixels,
  position: number,
  { signal, areaOf = boxArea }: PictureWish,
): Promise<Picture | null> {
  const { media } = pixels;
  const imported = importedAt(pixels, position);
  const file = imported ? fileOf(context, imported) : { path: await ensureFrame(context, media, pixels.frameIndex[position] ?? 0) };
  // Read before its turn: a disk that does not answer must not keep others from being decoded.
  const bytes = imported
    ? await importedBytes(context, imported, file, signal)
    : await fileThreads().ask('bytes', file.path, { root: context.project.root(media.root), within: context.project.cache, signal });
  const box = pixels.boxes?.subarray(position * 4, position * 4 + 4);
  const name = pictureName(file);
  const { width, height } = headerOf(bytes, name);
  const area = box ? areaOf(box, width, height) : { left: 0, top: 0, width, height };
  return area && (await turns.take(width * height, () => decodePicture(bytes, name, box ? () => area : undefined)));
}

/** @throws SOURCE_CHANGED where the file is no longer what was imported: what stands in the data set was said of other pixels. */
async function importedBytes(
  context: PictureContext,
  { media, hash, range: _range, ...at }: ImportedFile,
  file: PictureFile,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const root = context.project.root(media.root);
  try {
    const bytes = await fileThreads().ask('bytes', file.path, { root, within: root, range: file.range, signal, hash });
    if (hash) context.changedPictures.note(media, at, false);
    return bytes;
  } catch (error) {
    if (!isChanged(error)) throw error;
    context.changedPictures.note(media, at, true);
    throw new AppError(
      'SOURCE_CHANGED',
      `The picture ${pictureName(file)} of "${media.datasetName}" is another one than was imported: its content has changed since.`,
      { file: pictureName(file), name: media.datasetName },
      { cause: error, remedy: CHANGED_REMEDY },
    );
  }
}

function isChanged(error: unknown): boolean {
  return error instanceof AppError && error.code === 'SOURCE_CHANGED';
}

/** One crop as JPEG, its native size or `height` pixels high; or without loss, as PNG of its native size. */
export async function cropPicture(
  context: PictureContext,
  pixels: TrackletPixels,
  position: number,
  wanted: { height: number | null } | 'lossless',
): Promise<Buffer> {
  const crop = await picturePixels(context, pixels, position, {});
  if (!crop)
    throw new AppError(
      'MEDIA_MISSING',
      `The box of position ${position} lies outside its frame; there is nothing to show.`,
      { position },
      { remedy: 'Correct the box in the source and import it again.' },
    );
  const image = (await loadSharp())(crop.data, { raw: { width: crop.width, height: crop.height, channels: 3 } });
  if (wanted === 'lossless') return await turns.take(crop.width * crop.height, () => image.png().toBuffer());
  const { height } = wanted;
  const made = height === null ? 0 : Math.round((crop.width * height) / crop.height) * height;
  if (made > MAX_MADE_PIXELS) throw tooLarge(made, `The crop of position ${position} at ${height} pixels of height`);
  return await turns.take(Math.max(made, crop.width * crop.height), () =>
    (height === null ? image : image.resize({ height })).jpeg({ quality: 92 }).toBuffer(),
  );
}

/** A whole frame: the file itself where a browser shows it as it is decoded here, else made anew. `imported`: unless it was decoded from a video. */
export async function framePicture(
  context: PictureContext,
  file: PictureFile,
  at: { root: string; within: string },
  imported: ImportedFile | null,
): Promise<Buffer> {
  const bytes = imported ? await importedBytes(context, imported, file) : await fileThreads().ask('bytes', file.path, at);
  const name = pictureName(file);
  const header = headerOf(bytes, name);
  if (header.plain) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { data, width, height } = await turns.take(header.width * header.height, () => decodePicture(bytes, name));
  const sharp = await loadSharp();
  return await turns.take(width * height, () =>
    sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 92 })
      .toBuffer(),
  );
}

/** Crops of the given positions side by side, each height/2 × height; not whole where one could not be had. */
export async function sheetPicture(context: PictureContext, pixels: TrackletPixels, positions: number[], height: number, signal: AbortSignal): Promise<Made> {
  const sharp = await loadSharp();
  const width = Math.max(1, Math.round(height / 2));
  const pixelsOf = { width: width * positions.length, height, channels: 3 as const };
  // Rows are copied by hand: sharp's compositing blends with alpha and takes five times as long as this and the encoding together.
  const sheet = Buffer.alloc(pixelsOf.width * height * 3, Buffer.from([STAGE.r, STAGE.g, STAGE.b]));
  let missing = 0;
  let isWhole = true;
  let firstError: unknown = null;
  for (const [index, position] of positions.entries()) {
    signal.throwIfAborted();
    const one = await cell(context, pixels, position, { width, height, signal }).catch((error: unknown) => {
      isWhole = false;
      if (isChanged(error)) return pictureSign('changed', width, height);
      missing++;
      firstError ??= error;
      return pictureSign('missing', width, height);
    });
    for (let y = 0; y < height; y++) one.copy(sheet, (y * pixelsOf.width + index * width) * 3, y * width * 3, (y + 1) * width * 3);
  }
  if (missing === positions.length && firstError) throw firstError;
  const encoded = sharp(sheet, { raw: pixelsOf }).jpeg({ quality: QUALITY });
  return { body: await turns.take(pixelsOf.width * height, () => encoded.toBuffer()), isWhole };
}

async function cell(
  context: PictureContext,
  pixels: TrackletPixels,
  position: number,
  { width, height, signal }: { width: number; height: number; signal: AbortSignal },
): Promise<Buffer> {
  const sharp = await loadSharp();
  const shown = await picturePixels(context, pixels, position, {
    signal,
    areaOf: (box, frameWidth, frameHeight) => boxArea(widened(box), frameWidth, frameHeight),
  });
  const image = shown
    ? sharp(shown.data, { raw: { width: shown.width, height: shown.height, channels: 3 } }).resize({ width, height, fit: 'contain', background: STAGE })
    : sharp({ create: { width, height, channels: 3, background: STAGE } });
  return await turns.take(Math.max(width * height, shown ? shown.width * shown.height : 0), () => image.raw().toBuffer());
}

export function tooLarge(pixels: number, what: string): AppError {
  return new AppError(
    'BAD_INPUT',
    `${what} would have ${Math.round(pixels / 1e6)} million pixels; ${MAX_MADE_PIXELS / 1e6} million are the most that are made at once.`,
    { pixels },
    { remedy: 'Ask for fewer crops, or for lower ones.' },
  );
}

/** `n` positions spread over 0..frames−1, first and last among them; each once when there are fewer. */
export function spread(frames: number, n: number): number[] {
  if (frames <= n) return Array.from({ length: frames }, (_, position) => position);
  if (n === 1) return [Math.floor(frames / 2)];
  return Array.from({ length: n }, (_, index) => Math.round((index * (frames - 1)) / (n - 1)));
}
