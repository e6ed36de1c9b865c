/** What pictures are made with, and what of the project is asked for them: whoever has the rows gives `MediaRows` (features/media/rows.ts). */
import type { Log } from '../platform/log.ts';
import type { UserPaths } from '../platform/paths.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';
import type { Settings } from '../platform/settings.ts';
import type { MetPictures } from './metPictures.ts';
import type { FrameFile, MediaSource, TrackletPixels } from './source.ts';

/** Rows by their ids; what is not there is NOT_FOUND. */
export interface MediaRows {
  source(mediaId: number): Promise<MediaSource>;
  /** Those that are there. */
  sources(mediaIds: number[]): Promise<MediaSource[]>;
  trackletPixels(trackletId: number): Promise<TrackletPixels>;
  /** The picture of a frame of a medium made of files, as some tracklet names it. */
  frameFile(mediaId: number, index: number): Promise<FrameFile | null>;
  /** What the caches may hold: also of data sets that are removed and can be brought back. */
  cached(): Promise<{ media: Pick<MediaSource, 'id' | 'videoHash'>[]; stamps: string[] }>;
}

export interface MediaContext {
  project: ProjectFolder;
  mediaRows: MediaRows;
  settings: Settings;
  paths: UserPaths;
  /** Met since the start, and no longer what was imported. */
  changedPictures: MetPictures;
  /** Met since the start, and gone or not to be read. */
  missingPictures: MetPictures;
  /** For durations: nobody sets it. Milliseconds. */
  monotonic(): number;
  log: Log;
}
