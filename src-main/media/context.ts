/** What pictures are made with, cut from all that the host has. */
import type { ProjectDatabase } from '../features/database.ts';
import type { Log } from '../platform/log.ts';
import type { UserPaths } from '../platform/paths.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';
import type { Settings } from '../platform/settings.ts';
import type { MetPictures } from './metPictures.ts';

export interface MediaContext {
  project: ProjectFolder;
  db: ProjectDatabase;
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
