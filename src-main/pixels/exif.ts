/**
 * The orientation that a picture is tagged with, 1 (upright) to 8, as Pillow's `getexif` finds it: tag 0x0112 of the first directory of a TIFF
 * structure, else `tiff:Orientation` in XMP. Test: test/main/pixels/decode.test.ts.
 */

/** Reads parts of a file or of memory. */
export interface Source {
  size: number;
  /** Fewer bytes than asked for only at the end. */
  at(offset: number, length: number): Uint8Array;
}

const SHORT = 3;
/** A directory with more entries is damage. */
const MAX_ENTRIES = 4096;

/** Tag → value of the first directory, of the tags asked for; null when it is no TIFF structure. Only numbers of one value are read. */
export function tiffTags(source: Source, tags: readonly number[]): Map<number, number> | null {
  const head = view(source, 0, 16);
  if (head.byteLength < 8) return null;
  const order = head.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const little = order === 0x4949;
  const magic = head.getUint16(2, little);
  const big = magic === 43;
  if (magic !== 42 && !(big && head.byteLength >= 16)) return null;
  const offset = big ? Number(head.getBigUint64(8, little)) : head.getUint32(4, little);
  const counted = view(source, offset, big ? 8 : 2);
  if (counted.byteLength < (big ? 8 : 2)) return null;
  const entries = Math.min(MAX_ENTRIES, big ? Number(counted.getBigUint64(0, little)) : counted.getUint16(0, little));
  const size = big ? 20 : 12;
  const directory = view(source, offset + (big ? 8 : 2), entries * size);
  const found = new Map<number, number>();
  for (let at = 0; at + size <= directory.byteLength; at += size) {
    const tag = directory.getUint16(at, little);
    if (!tags.includes(tag)) continue;
    const value = at + (big ? 12 : 8);
    found.set(tag, directory.getUint16(at + 2, little) === SHORT ? directory.getUint16(value, little) : directory.getUint32(value, little));
  }
  return found;
}

export const ORIENTATION = 0x0112;

/** Of an EXIF block, with or without its `Exif\0\0`; null when it does not say. */
export function exifOrientation(block: Uint8Array): number | null {
  const start = latin1(block, 0, 6) === 'Exif\0\0' ? 6 : 0;
  return tiffTags(sourceOf(block.subarray(start)), [ORIENTATION])?.get(ORIENTATION) ?? null;
}

export function xmpOrientation(block: Uint8Array): number | null {
  const digit = /tiff:Orientation(?:="|>)([0-9])/.exec(latin1(block, 0, block.length))?.[1];
  return digit === undefined ? null : Number(digit);
}

/** Anything else than 2 to 8 is upright. */
export function validOrientation(value: number | null | undefined): number {
  return value !== null && value !== undefined && value >= 1 && value <= 8 ? value : 1;
}

export function sourceOf(bytes: Uint8Array): Source {
  return { size: bytes.length, at: (offset, length) => bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)) };
}

export function view(source: Source, offset: number, length: number): DataView {
  if (!(offset >= 0 && offset < source.size)) return new DataView(new ArrayBuffer(0));
  const bytes = source.at(offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}
