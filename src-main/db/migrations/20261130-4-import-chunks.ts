/**
 * Imports in small transactions, and what tells later which pictures of a source changed. Data sets of before have no `tracklet_source`: their
 * pictures were not recorded. Test: test/main/features/imports/chunks.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261130-4-import-chunks',
  schema: 1,
  sql: `
    -- What the source said of a tracklet, whatever became of it here.
    CREATE TABLE tracklet_source (
      tracklet_id INTEGER PRIMARY KEY REFERENCES tracklet(id) ON DELETE CASCADE,
      digest BLOB NOT NULL,               -- 16 bytes, of the whole record and its pictures
      pictures BLOB,                      -- 8 bytes a frame, of the picture's file; NULL for video
      split TEXT NOT NULL
    ) STRICT;

    -- Values whose picture changed or went when a data set was updated from its source.
    CREATE TABLE set_aside (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      tracklet_key TEXT NOT NULL,
      field TEXT NOT NULL,
      start INTEGER,                      -- positions in the tracklet as it is now, inclusive; NULL when the frames are gone
      "end" INTEGER,
      pictures TEXT NOT NULL,             -- JSON array: the files, or numbers of the frames, that it was given for
      annotation TEXT NOT NULL,           -- JSON: the whole row as it was
      reason TEXT NOT NULL CHECK (reason IN ('changed', 'removed')),
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX set_aside_dataset ON set_aside (dataset_id, tracklet_key);

    -- JSON: the files that were used and left out, and what the importer guessed.
    ALTER TABLE dataset ADD COLUMN report TEXT NOT NULL DEFAULT '{}';

    -- 1 = the user has read why it failed; the views do not say it again.
    ALTER TABLE job ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;

    -- Removing a camera looks for its tracklets.
    CREATE INDEX tracklet_camera ON tracklet (camera_id);
  `,
});
