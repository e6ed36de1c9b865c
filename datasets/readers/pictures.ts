/**
 * What counts as a picture or a video by name (to find candidates; content is always probed), and the order of frames.
 * Names sort by their numbers as numbers, so `2.jpg` comes before `10.jpg`. Tests: test/datasets/readers/pictures.test.ts,
 * test/datasets/readers/text.test.ts.
 */
import type { FileEntry } from '../tree.ts';

/** What the program decodes; test/main/media/decodeVideo.test.ts proves it of each. */
export const PICTURES: ReadonlySet<string> = new Set(['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'bmp', 'webp', 'tif', 'tiff']);
// prettier-ignore
export const VIDEOS: ReadonlySet<string> = new Set([
  'avi', 'mp4', 'm4v', 'mov', '3gp', '3g2', 'mkv', 'webm', 'ogv', 'flv', 'f4v', 'mpg', 'mpeg', 'm2v', 'vob', 'wmv', 'asf', 'ts', 'mts', 'm2ts',
]);
/** Known to be pictures or videos, and not read. */
const NOT_READ = new Set(['gif', 'avif', 'heic', 'heif', 'jp2', 'jxl', 'ppm', 'pgm', 'svg', 'dng', 'rm', 'rmvb', 'mxf', 'divx', 'dv', 'y4m', 'mjpeg', 'ogg']);

const ARCHIVES = new Set('zip tar tgz tbz2 txz gz bz2 xz zst 7z rar'.split(' '));

/** By its name a file that holds others. */
export function isArchive(name: string): boolean {
  return ARCHIVES.has(extensionOf(name));
}

/** In lower case; '' of a name without one. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 1 ? '' : name.slice(dot + 1).toLowerCase();
}

export function isPicture(entry: FileEntry): boolean {
  return entry.kind === 'file' && PICTURES.has(extensionOf(entry.name));
}

export function isVideo(entry: FileEntry): boolean {
  return entry.kind === 'file' && VIDEOS.has(extensionOf(entry.name));
}

/** A picture or video by its name, but of a kind that is not read. */
export function isUnreadKind(entry: FileEntry): boolean {
  return entry.kind === 'file' && NOT_READ.has(extensionOf(entry.name));
}

/** The name without its extension. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 1 ? name : name.slice(0, dot);
}

/** Runs of digits compare as numbers, the rest by code unit; equal ones fall back to the plain text, so the order is total. */
export function compareNames(a: string, b: string): number {
  const partsA = a.split(/(\d+)/);
  const partsB = b.split(/(\d+)/);
  for (const [index, left] of partsA.entries()) {
    const right = partsB[index] ?? '';
    if (left === right) continue;
    // Odd positions of the split are the digits.
    if (index % 2 === 1 && Number(left) !== Number(right)) return Number(left) - Number(right);
    if (index % 2 === 0) return left < right ? -1 : 1;
  }
  return partsA.length - partsB.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Pictures of a folder in frame order. */
export function sortedPictures(entries: readonly FileEntry[]): FileEntry[] {
  return entries.filter(isPicture).sort((a, b) => compareNames(stemOf(a.name), stemOf(b.name)) || (a.name < b.name ? -1 : 1));
}
