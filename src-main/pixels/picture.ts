/** What every part of the path from a file to a crop agrees on. The path: locate → read → decode → orient → box → crop; page, importers and training use it. */

/** Rows from the top, three bytes (red, green, blue) a pixel, upright. */
export interface Picture {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Whole pixels inside a picture. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Changes when the same file gives other bytes than before, so that features made earlier are known to be of other pixels. Absent in files
 * of features made before there was one: then JPEG tags of orientation did not count, and JPEG was decoded in fewer bits.
 */
export const PIXELS_VERSION = 2;

/** Larger ones are refused by their header: a file of some kB can unpack to gigabytes. */
export const MAX_PIXELS = 64_000_000;

/** Short name of a source's pixels: pictures made from them are the same as long as it is. */
export function pictureStamp(contentHash: string): string {
  return `${contentHash.slice(0, 12)}-${PIXELS_VERSION}`;
}
