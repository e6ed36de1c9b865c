/**
 * What the first bytes of a picture say, without decoding it: format (by content, never by name), size as it is seen upright, orientation,
 * and whether a browser shows the file as we decode it. Test: test/main/pixels/decode.test.ts.
 */
import { inflateSync } from 'node:zlib';
import { exifOrientation, latin1, ORIENTATION, tiffTags, validOrientation, view, xmpOrientation, type Source } from './exif.ts';

export interface PictureHeader {
  format: 'jpeg' | 'png' | 'webp' | 'tiff' | 'bmp';
  /** After turning. */
  width: number;
  height: number;
  /** 1 (upright) to 8, as in EXIF. */
  orientation: number;
  /** Four inks instead of three lights: only JPEG and TIFF. */
  cmyk: boolean;
  /** A browser shows the file as it is decoded here: upright, without transparency, colour profile or more than 8 bits. */
  plain: boolean;
}

type Found = Omit<PictureHeader, 'format'>;

/** null: no picture of a known kind, or damaged before its size. */
export function pictureHeader(source: Source): PictureHeader | null {
  const start = source.at(0, 32);
  const text = latin1(start, 0, 16);
  for (const [format, matches, read] of [
    ['jpeg', text.startsWith('\xff\xd8\xff'), jpeg],
    ['png', text.startsWith('\x89PNG\r\n\x1a\n'), png],
    ['webp', text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP', webp],
    ['tiff', /^(II[*+]\0|MM\0[*+])/.test(text), tiff],
    ['bmp', text.startsWith('BM'), bmp],
  ] as const) {
    if (!matches) continue;
    const found = read(source);
    if (!found || !(found.width > 0 && found.height > 0)) return null;
    // From 5 on the picture lies on its side.
    const [width, height] = found.orientation >= 5 ? [found.height, found.width] : [found.width, found.height];
    return { format, ...found, width, height, plain: found.plain && found.orientation === 1 };
  }
  return null;
}

function jpeg(source: Source): Found | null {
  let exif: number | null = null;
  let xmp: number | null = null;
  let hasProfile = false;
  let at = 2;
  for (;;) {
    const marker = view(source, at, 4);
    if (marker.byteLength < 4) return null;
    if (marker.getUint8(0) !== 0xff) return null;
    const code = marker.getUint8(1);
    // A marker may be preceded by any number of 0xff, and some stand alone.
    if (code === 0xff) {
      at++;
      continue;
    }
    if (code === 0x01 || (code >= 0xd0 && code <= 0xd8)) {
      at += 2;
      continue;
    }
    // The picture's data would begin before its size was told.
    if (code === 0xda || code === 0xd9) return null;
    const length = marker.getUint16(2);
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) {
      const frame = view(source, at + 4, 6);
      if (frame.byteLength < 6) return null;
      const components = frame.getUint8(5);
      return {
        width: frame.getUint16(3),
        height: frame.getUint16(1),
        orientation: validOrientation(exif ?? xmp),
        cmyk: components === 4,
        plain: !hasProfile && frame.getUint8(0) === 8 && components !== 4,
      };
    }
    if (code === 0xe1 || code === 0xe2) {
      const body = source.at(at + 4, length - 2);
      if (latin1(body, 0, 6) === 'Exif\0\0') exif ??= exifOrientation(body);
      else if (code === 0xe1 && latin1(body, 0, 28) === 'http://ns.adobe.com/xap/1.0/') xmp ??= xmpOrientation(body);
      else if (latin1(body, 0, 12) === 'ICC_PROFILE\0') hasProfile = true;
    }
    at += 2 + length;
  }
}

/** A text that is longer once unpacked is no orientation. */
const MAX_PROFILE = 1024 * 1024;

function png(source: Source): Found | null {
  const header = view(source, 8, 25);
  if (header.byteLength < 18 || header.getUint32(4) !== 0x49484452) return null;
  const depth = header.getUint8(16);
  const colour = header.getUint8(17);
  let exif: number | null = null;
  let raw: number | null = null;
  let xmp: number | null = null;
  let special = false;
  for (let at = 8; at + 12 <= source.size;) {
    const chunk = view(source, at, 8);
    if (chunk.byteLength < 8) break;
    const length = chunk.getUint32(0);
    const name = latin1(source.at(at + 4, 4), 0, 4);
    if (name === 'IEND') break;
    if (name === 'eXIf') exif ??= exifOrientation(source.at(at + 8, length));
    else if (name === 'tEXt' || name === 'zTXt') raw ??= rawProfile(source.at(at + 8, Math.min(length, MAX_PROFILE)), name === 'zTXt');
    else if (name === 'iTXt') {
      const body = source.at(at + 8, Math.min(length, MAX_PROFILE));
      if (latin1(body, 0, 17) === 'XML:com.adobe.xmp') xmp ??= xmpOrientation(body);
    } else if (['tRNS', 'iCCP', 'gAMA', 'cHRM', 'acTL'].includes(name)) special = true;
    at += 12 + length;
  }
  return {
    width: header.getUint32(8),
    height: header.getUint32(12),
    orientation: validOrientation(exif ?? raw ?? xmp),
    cmyk: false,
    // Types 4 and 6 carry transparency.
    plain: depth <= 8 && colour < 4 && !special,
  };
}

/** ImageMagick keeps EXIF in a text: a keyword, three lines, then hexadecimal digits. */
function rawProfile(body: Uint8Array, packed: boolean): number | null {
  if (latin1(body, 0, 22) !== 'Raw profile type exif\0') return null;
  try {
    const text = packed ? inflateSync(body.subarray(23), { maxOutputLength: MAX_PROFILE }).toString('latin1') : latin1(body, 22, body.length);
    return exifOrientation(Buffer.from(text.split('\n').slice(3).join(''), 'hex'));
  } catch {
    return null;
  }
}

function webp(source: Source): Found | null {
  let size: { width: number; height: number } | null = null;
  let exif: number | null = null;
  let xmp: number | null = null;
  let special = false;
  for (let at = 12; at + 8 <= source.size;) {
    const length = view(source, at + 4, 4).getUint32(0, true);
    const name = latin1(source.at(at, 4), 0, 4);
    const body = view(source, at + 8, 10);
    if (body.byteLength < 10 && size === null) return null;
    if (name === 'VP8X') {
      special = true;
      size = { width: 1 + (body.getUint32(4, true) & 0xffffff), height: 1 + ((body.getUint32(6, true) >>> 8) & 0xffffff) };
    } else if (name === 'VP8 ') size ??= { width: body.getUint16(6, true) & 0x3fff, height: body.getUint16(8, true) & 0x3fff };
    else if (name === 'VP8L') {
      // Without its extended header it may still hold transparency.
      special = true;
      const bits = body.getUint32(1, true);
      size ??= { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    } else if (name === 'EXIF') exif ??= exifOrientation(source.at(at + 8, length));
    else if (name === 'XMP ') xmp ??= xmpOrientation(source.at(at + 8, Math.min(length, MAX_PROFILE)));
    at += 8 + length + (length % 2);
  }
  return size && { ...size, orientation: validOrientation(exif ?? xmp), cmyk: false, plain: !special };
}

const WIDTH = 0x0100;
const HEIGHT = 0x0101;
const PHOTOMETRIC = 0x0106;
const SEPARATED = 5;

function tiff(source: Source): Found | null {
  const tags = tiffTags(source, [WIDTH, HEIGHT, PHOTOMETRIC, ORIENTATION]);
  if (!tags) return null;
  return {
    width: tags.get(WIDTH) ?? 0,
    height: tags.get(HEIGHT) ?? 0,
    orientation: validOrientation(tags.get(ORIENTATION)),
    cmyk: tags.get(PHOTOMETRIC) === SEPARATED,
    plain: false,
  };
}

function bmp(source: Source): Found | null {
  const info = view(source, 14, 12);
  if (info.byteLength < 12) return null;
  const old = info.getUint32(0, true) === 12;
  const [width, height] = old ? [info.getUint16(4, true), info.getUint16(6, true)] : [info.getInt32(4, true), Math.abs(info.getInt32(8, true))];
  return { width, height, orientation: 1, cmyk: false, plain: false };
}
