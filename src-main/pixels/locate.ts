/**
 * Where the picture of one position of a tracklet lies: its own file, a range of an archive, or a decoded frame of its video. One rule for page and model.
 * Test: test/main/pixels/box.test.ts.
 */
import { isAbsolute, join } from 'node:path';
import { containedPath } from '../platform/contained.ts';
import { rangeAt, type PictureFile } from './range.ts';

/**
 * Folder of the decoded frames of a video, relative to the project. Its name says of which content they are, so that frames of another video, which once
 * stood in its place, are never taken for its own. `videoHash`: as noted at import.
 */
export function framesFolderName(mediaId: number, videoHash: string | null): string {
  const content = /^[0-9a-f]{12}/.exec(videoHash ?? '')?.[0];
  return `cache/frames/${mediaId}${content === undefined ? '' : `-${content}`}`;
}

/** Of frame `index` in that folder. */
export function frameName(index: number): string {
  return `${String(index).padStart(6, '0')}.jpg`;
}

/** `root` as stored: relative to the project when inside it, and then really inside. */
export function rootFolder(projectFolder: string, root: string): string {
  return isAbsolute(root) ? root : containedPath(projectFolder, root);
}

export interface Located {
  /** Path of the picture of every position: absolute, or in the archive; null: `framesFolder` holds them. */
  files: string[] | null;
  /** No link leads the picture out of this folder. */
  within?: string;
  /** The file that holds all of them, and where in it (`range.ts`); absent where each is a file of its own. */
  archive?: { path: string; ranges: Uint8Array } | null;
  framesFolder: string;
  frameIndex: Int32Array;
}

export function pictureFileOf({ files, archive, framesFolder, frameIndex }: Located, position: number): PictureFile {
  const file = files?.[position];
  if (file === undefined) return { path: join(framesFolder, frameName(frameIndex[position] ?? 0)) };
  return archive ? { path: archive.path, range: { ...rangeAt(archive.ranges, position), member: file } } : { path: file };
}
