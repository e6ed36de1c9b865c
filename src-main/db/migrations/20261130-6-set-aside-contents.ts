/**
 * What is set aside knows the contents that it was given for, so that a later update finds them again; so does what was shown to whom. Values
 * that were set aside before know none: they are put back by hand, as ever. Test: test/main/db/setAsideContents.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261130-6-set-aside-contents',
  // An older program would move such rows without their contents.
  schema: 3,
  sql: `
    -- JSON array beside "pictures", null where a content does not tell; of a value for a whole tracklet the one content of all its frames.
    ALTER TABLE set_aside ADD COLUMN contents TEXT;

    -- What people were shown of frames that are gone.
    CREATE TABLE seen_aside (
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      content TEXT NOT NULL,
      annotator TEXT NOT NULL,
      shown_ms INTEGER NOT NULL,
      slowest INTEGER NOT NULL,
      fastest INTEGER NOT NULL,
      PRIMARY KEY (dataset_id, content, annotator)
    ) STRICT, WITHOUT ROWID;
  `,
});
