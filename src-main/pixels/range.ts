/**
 * A picture's place: a file, or a range of one (a member of an archive). Where the pictures of a tracklet lie in their archive is one record of fixed
 * size a frame, so that nobody reads the directory of an archive again to show one picture. Such records may come from anybody: what none of
 * ours could be is no place. Test: test/main/pixels/range.test.ts.
 */
import type { Place } from '../../datasets/tree.ts';

export interface PictureRange extends Place {
  /** Path of the picture in the archive, for messages. */
  member: string;
}

export interface PictureFile {
  /** Of the picture, or of the archive that holds it. */
  path: string;
  range?: PictureRange | undefined;
}

/** For messages. */
export function pictureName({ path, range }: PictureFile): string {
  return range ? `${range.member} in ${path}` : path;
}

/** Start, packed and size as float64, then the number of the coding. */
export const RANGE_BYTES = 25;
const CODINGS: readonly Place['coding'][] = ['stored', 'deflate'];
/** A deflated byte holds at most this many. */
const MOST_FROM_A_BYTE = 1032;

export function packRanges(places: readonly Place[]): Uint8Array {
  const bytes = new Uint8Array(places.length * RANGE_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [position, { start, packed, size, coding }] of places.entries()) {
    const at = position * RANGE_BYTES;
    view.setFloat64(at, start, true);
    view.setFloat64(at + 8, packed, true);
    view.setFloat64(at + 16, size, true);
    view.setUint8(at + 24, CODINGS.indexOf(coding));
  }
  return bytes;
}

/** What an import noted of the places of so many frames; null where each is a file of its own, or where it is not whole. */
export function rangesOf(ranges: Uint8Array | null | undefined, frames: number): Uint8Array | null {
  return ranges?.length === frames * RANGE_BYTES ? ranges : null;
}

/** The place at `position`. One that cannot be has the size −1, which no reader takes. */
export function rangeAt(ranges: Uint8Array, position: number): Place {
  const view = new DataView(ranges.buffer, ranges.byteOffset + position * RANGE_BYTES, RANGE_BYTES);
  const coding = CODINGS[view.getUint8(24)];
  const place = { start: view.getFloat64(0, true), packed: view.getFloat64(8, true), size: view.getFloat64(16, true), coding: coding ?? 'stored' };
  return coding !== undefined && canBe(place) ? place : { ...place, size: -1 };
}

/** Whether something of this kind can lie in a file. */
export function canBe({ start, packed, size, coding }: Place): boolean {
  if (![start, packed, size, start + packed].every((value) => Number.isSafeInteger(value) && value >= 0)) return false;
  return coding === 'stored' ? size === packed : size <= MOST_FROM_A_BYTE * packed + 64;
}

/** Whether every record is one that can be. */
export function areRanges(ranges: Uint8Array): boolean {
  if (ranges.length % RANGE_BYTES !== 0) return false;
  for (let position = 0; position * RANGE_BYTES < ranges.length; position++) if (rangeAt(ranges, position).size < 0) return false;
  return true;
}
