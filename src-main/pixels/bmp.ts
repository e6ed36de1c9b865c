/**
 * BMP, which libvips does not read: 1 to 32 bits a pixel, palettes, bit fields, run-length codes; from below or from above. Transparency is dropped
 * as everywhere. Bounded by its own size: nothing is allocated before the header is known to fit. Test: test/main/pixels/decode.test.ts.
 */
import type { Picture } from './picture.ts';

const RGB = 0;
const RLE8 = 1;
const RLE4 = 2;
const BITFIELDS = 3;
const ALPHABITFIELDS = 6;

/** Throws an Error that says what is wrong; `maxPixels` is checked before anything is allocated. */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 26) throw new Error('its header is cut off');
  const dataAt = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  const old = headerSize === 12;
  if (!old && (headerSize < 40 || bytes.length < 54)) throw new Error('its header is of an unknown kind');
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? RGB : view.getUint32(30, true);
  if (!(width > 0 && height > 0) || width * height > maxPixels) throw new Error(`its size is ${width}×${height}`);

  const data = new Uint8Array(width * height * 3);
  const rowOf = (row: number): number => (signedHeight < 0 ? row : height - 1 - row) * width * 3;
  if (bits <= 8) {
    const palette = paletteOf(view, 14 + headerSize, old ? 3 : 4, old ? 0 : view.getUint32(46, true), bits, dataAt);
    const indices =
      compression === RLE8 || compression === RLE4
        ? runLengths(bytes, dataAt, width, height, compression === RLE4)
        : compression === RGB
          ? packed(bytes, dataAt, width, height, bits)
          : unknown(compression);
    for (let row = 0; row < height; row++) {
      let to = rowOf(row);
      for (let x = 0; x < width; x++) {
        const at = (indices[row * width + x] as number) * 3;
        data[to++] = palette[at] ?? 0;
        data[to++] = palette[at + 1] ?? 0;
        data[to++] = palette[at + 2] ?? 0;
      }
    }
    return { data, width, height };
  }
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (dataAt + stride * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length) throw new Error('it is cut off');
  if (bits === 24 && compression === RGB) {
    for (let row = 0; row < height; row++) {
      let to = rowOf(row);
      let from = dataAt + row * stride;
      for (let x = 0; x < width; x++, from += 3) {
        data[to++] = bytes[from + 2] as number;
        data[to++] = bytes[from + 1] as number;
        data[to++] = bytes[from] as number;
      }
    }
    return { data, width, height };
  }
  if (bits !== 16 && bits !== 32) throw new Error(`it has ${bits} bits a pixel`);
  const masks = masksOf(view, bits, compression);
  const channels = masks.map(channelOf);
  for (let row = 0; row < height; row++) {
    let to = rowOf(row);
    const from = dataAt + row * stride;
    for (let x = 0; x < width; x++) {
      const value = bits === 16 ? view.getUint16(from + x * 2, true) : view.getUint32(from + x * 4, true);
      for (const { mask, shift, values } of channels) data[to++] = values[(value & mask) >>> shift] as number;
    }
  }
  return { data, width, height };
}

function unknown(compression: number): never {
  throw new Error(`its compression (${compression}) is of an unknown kind`);
}

/** Red, green, blue a colour. */
function paletteOf(view: DataView, at: number, entry: number, said: number, bits: number, dataAt: number): Uint8Array {
  const count = Math.min(said === 0 ? 2 ** bits : said, 256, Math.max(0, Math.floor((Math.min(dataAt, view.byteLength) - at) / entry)));
  const colours = new Uint8Array(256 * 3);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) colours[i * 3 + c] = view.getUint8(at + i * entry + 2 - c);
  return colours;
}

/** Palette indices by row as stored. */
function packed(bytes: Uint8Array, at: number, width: number, height: number, bits: number): Uint8Array {
  if (![1, 2, 4, 8].includes(bits)) throw new Error(`it has ${bits} bits a pixel`);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (at + stride * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length) throw new Error('it is cut off');
  const indices = new Uint8Array(width * height);
  const mask = 2 ** bits - 1;
  for (let row = 0; row < height; row++)
    for (let x = 0; x < width; x++)
      indices[row * width + x] = ((bytes[at + row * stride + Math.floor((x * bits) / 8)] as number) >> (8 - bits - ((x * bits) % 8))) & mask;
  return indices;
}

function runLengths(bytes: Uint8Array, at: number, width: number, height: number, half: boolean): Uint8Array {
  const indices = new Uint8Array(width * height);
  let x = 0;
  let row = 0;
  const put = (value: number): void => {
    if (x < width && row < height) indices[row * width + x] = value;
    x++;
  };
  while (row < height) {
    const count = bytes[at];
    const code = bytes[at + 1];
    if (count === undefined || code === undefined) throw new Error('it is cut off');
    at += 2;
    if (count > 0) for (let i = 0; i < count; i++) put(half ? (i % 2 === 0 ? code >> 4 : code & 15) : code);
    else if (code === 0) [x, row] = [0, row + 1];
    else if (code === 1) break;
    else if (code === 2) {
      x += bytes[at] ?? 0;
      row += bytes[at + 1] ?? 0;
      at += 2;
    } else {
      for (let i = 0; i < code; i++) {
        const byte = bytes[at + (half ? i >> 1 : i)];
        if (byte === undefined) throw new Error('it is cut off');
        put(half ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte);
      }
      // Literal runs end at an even byte.
      at += Math.ceil((half ? Math.ceil(code / 2) : code) / 2) * 2;
    }
  }
  return indices;
}

/** Red, green, blue. */
function masksOf(view: DataView, bits: number, compression: number): number[] {
  if (compression === BITFIELDS || compression === ALPHABITFIELDS) {
    if (view.byteLength < 66) throw new Error('its header is cut off');
    return [54, 58, 62].map((at) => view.getUint32(at, true));
  }
  if (compression !== RGB) unknown(compression);
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
}

/** Widest channel whose values are looked up. */
const MAX_CHANNEL_BITS = 16;

function channelOf(mask: number): { mask: number; shift: number; values: Uint8Array } {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  if (most >= 2 ** MAX_CHANNEL_BITS) throw new Error('its colours are of an unknown kind');
  return { mask, shift, values: Uint8Array.from({ length: most + 1 }, (_, value) => (most === 0 ? 0 : Math.floor((value * 255) / most))) };
}
