/**
 * A data set may be made of others: its recipe says how, and its members are the very tracklets of its sources. Data sets of before were all
 * imported. Test: test/main/db/derived.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261201-5-derived',
  // An older program would show it as empty, and train on nothing.
  schema: 4,
  sql: `
    -- JSON: kind, sources with their names of then, what was asked for, when; NULL: imported.
    ALTER TABLE dataset ADD COLUMN recipe TEXT;

    -- Of data sets with a recipe alone; an imported one has the tracklets that name it.
    CREATE TABLE dataset_member (
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      PRIMARY KEY (dataset_id, tracklet_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX dataset_member_tracklet ON dataset_member (tracklet_id);
  `,
});
