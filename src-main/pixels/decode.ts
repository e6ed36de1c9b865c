/**
 * The one decoder of pictures: bytes of a file → upright RGB, as Pillow's `ImageOps.exif_transpose(image).convert('RGB')` gives them, byte for
 * byte: transparency is dropped and what it hid is seen, colour profiles are not applied, four inks become three lights without a profile.
 * One difference: grey of 16 bits keeps its upper eight, where Pillow cuts at 255 and nearly all becomes white.
 * Test: test/main/pixels/decode.test.ts, against pictures and arrays made by Pillow.
 */
import { AppError } from '../../src-shared/errors.ts';
import { decodeBmp } from './bmp.ts';
import { cut } from './box.ts';
import { sourceOf } from './exif.ts';
import { pictureHeader, type PictureHeader } from './header.ts';
import { oriented } from './orient.ts';
import { MAX_PIXELS, type Area, type Picture } from './picture.ts';
import { loadSharp } from './sharpLoader.ts';

/** Part of an upright picture of the given size; null: the whole. */
export type PartOf = (width: number, height: number) => Area | null;

/** `name` is for messages. Throws MEDIA_UNDECODABLE. */
export async function decodePicture(bytes: Uint8Array, name: string, part: PartOf = () => null): Promise<Picture> {
  const header = headerOf(bytes, name);
  const area = part(header.width, header.height);
  try {
    if (header.format === 'bmp') return area ? cut(decodeBmp(bytes, MAX_PIXELS), area) : decodeBmp(bytes, MAX_PIXELS);
    // What a turned picture's part would be before turning is not worth reckoning: they are rare.
    const early = header.orientation === 1 ? area : null;
    const upright = oriented(await decodeStored(bytes, header, early), header.orientation);
    return area && !early ? cut(upright, area) : upright;
  } catch (error) {
    throw undecodable(name, error);
  }
}

/** Of a whole file. Throws as `checkHeader`. */
export function headerOf(bytes: Uint8Array, name: string): PictureHeader {
  return checkHeader(pictureHeader(sourceOf(bytes)), name);
}

/** Throws MEDIA_UNDECODABLE for what is no picture and for one that is too large. */
export function checkHeader(header: PictureHeader | null, name: string): PictureHeader {
  if (!header)
    throw new AppError(
      'MEDIA_UNDECODABLE',
      `The picture ${name} cannot be decoded: it is none of JPEG, PNG, WebP, TIFF and BMP, or its beginning is damaged.`,
      {
        file: name,
      },
    );
  if (header.width * header.height > MAX_PIXELS)
    throw new AppError(
      'MEDIA_UNDECODABLE',
      `The picture ${name} has ${header.width}×${header.height} pixels; more than ${MAX_PIXELS / 1e6} million are not decoded.`,
      { file: name },
      { remedy: 'Make it smaller.' },
    );
  return header;
}

async function decodeStored(bytes: Uint8Array, header: PictureHeader, area: Area | null): Promise<Picture> {
  const sharp = await loadSharp();
  let image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated', ignoreIcc: true, sequentialRead: true });
  if (area) image = image.extract(area);
  if (header.cmyk) {
    const { data, info } = await image.pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer({ resolveWithObject: true });
    return { data: lightsOf(data, info.channels), width: info.width, height: info.height };
  }
  const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: info.channels === 3 ? data : threeOf(data, info.channels), width: info.width, height: info.height };
}

/** Cyan, magenta, yellow, black → red, green, blue with Pillow's rounding. */
function lightsOf(inks: Uint8Array, channels: number): Uint8Array {
  if (channels !== 4) throw new Error(`${channels} inks`);
  const data = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const white = 255 - (inks[from + 3] as number);
    for (let c = 0; c < 3; c++) {
      const product = (inks[from + c] as number) * white + 128;
      data[to++] = Math.max(0, white - (((product >> 8) + product) >> 8));
    }
  }
  return data;
}

function threeOf(grey: Uint8Array, channels: number): Uint8Array {
  if (channels !== 1) throw new Error(`${channels} channels`);
  const data = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) data.fill(grey[i] as number, i * 3, i * 3 + 3);
  return data;
}

function undecodable(name: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return new AppError('MEDIA_UNDECODABLE', `The picture ${name} cannot be decoded (${text}).`, { file: name }, { cause: error });
}
