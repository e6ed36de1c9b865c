/** Where pixels come from, as the project knows it. Types alone; the rows are of features/media. */
import type { Place } from '../../datasets/tree.ts';

export interface MediaSource {
  id: number;
  datasetId: number;
  /** Relative to the project when inside it, else absolute. */
  root: string;
  /** Relative to the root. */
  path: string;
  /** The root is a file, and its pictures lie in it. */
  isArchive: boolean;
  kind: 'video' | 'frames' | 'crops';
  width: number;
  height: number;
  frameCount: number;
  /** Of a video, what it was recognised by when it was imported; null where that was not noted. */
  videoHash: string | null;
  datasetName: string;
  /** Short hash of the source; pictures made from it are the same as long as it is. */
  stamp: string;
}

/** All that is needed to cut the pictures of one tracklet. */
export interface TrackletPixels {
  id: number;
  media: MediaSource;
  frames: number;
  frameIndex: Int32Array<ArrayBuffer>;
  boxes: Float32Array<ArrayBuffer> | null;
  /** Relative to the root of the data set. */
  files: string[] | null;
  /** Where in the archive they lie (`pixels/range.ts`); null where they are files of their own. */
  ranges: Uint8Array | null;
  /** Of `files`, as noted at import, `PICTURE_HASH` bytes each; null where they were not. */
  hashes: Uint8Array | null;
}

export interface FrameFile {
  file: string;
  /** As `TrackletPixels.ranges`. */
  range: Place | null;
  /** As noted at import; null where it was not. */
  hash: Uint8Array | null;
  trackletId: number;
  position: number;
}
