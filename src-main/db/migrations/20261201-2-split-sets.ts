/**
 * Splits become sets of their own: a data set may have several, one of which is in use. `tracklet.split` stays as what follows from the set in
 * use, since the grid filters and sorts by it out of its index. Test: test/main/db/splitSets.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261201-2-split-sets',
  // An older program would move tracklets without their members.
  schema: 4,
  sql: `
    CREATE TABLE split_set (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      origin TEXT NOT NULL CHECK (origin IN ('imported', 'built')),
      created_at INTEGER NOT NULL,
      UNIQUE (dataset_id, name)
    ) STRICT;

    -- A tracklet without a row is on no side.
    CREATE TABLE split_member (
      split_set_id INTEGER NOT NULL REFERENCES split_set(id) ON DELETE CASCADE,
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      side TEXT NOT NULL CHECK (side IN ('train', 'query', 'gallery')),
      PRIMARY KEY (split_set_id, tracklet_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX split_member_tracklet ON split_member (tracklet_id);

    -- What the source said of its further sets, whatever was chosen here; of the first one "tracklet_source" says it.
    CREATE TABLE split_source (
      split_set_id INTEGER NOT NULL REFERENCES split_set(id) ON DELETE CASCADE,
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      side TEXT NOT NULL CHECK (side IN ('train', 'query', 'gallery')),
      PRIMARY KEY (split_set_id, tracklet_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX split_source_tracklet ON split_source (tracklet_id);

    -- The set in use, one of its own.
    ALTER TABLE dataset ADD COLUMN split_set_id INTEGER REFERENCES split_set(id) ON DELETE SET NULL;

    INSERT INTO split_set (dataset_id, name, origin, created_at) SELECT id, 'main', 'imported', created_at FROM dataset ORDER BY id;
    INSERT INTO split_member (split_set_id, tracklet_id, side)
      SELECT s.id, t.id, t.split FROM split_set s JOIN tracklet t ON t.dataset_id = s.dataset_id WHERE t.split <> 'none' ORDER BY s.id, t.id;
    UPDATE dataset SET split_set_id = (SELECT id FROM split_set WHERE dataset_id = dataset.id);

    -- What a run was trained on: name and hash of the set; NULL: before that was kept.
    ALTER TABLE run ADD COLUMN split_set TEXT;
    ALTER TABLE run ADD COLUMN split_hash TEXT;
  `,
});
