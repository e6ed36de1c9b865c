/**
 * An episode of occlusion is one record over its lanes: which stretch, and by whom. Its lanes (how visible, by what, which parts) are values of
 * fields inside the stretch, as ever. No value of before says where one begins, so there are none. Test: test/main/features/episodes.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261201-4-episodes',
  // An older program would leave them on other frames when it updates a data set from its source.
  schema: 4,
  sql: `
    CREATE TABLE episode (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      layer TEXT NOT NULL REFERENCES layer(id),
      start INTEGER NOT NULL CHECK (start >= 0),
      "end" INTEGER NOT NULL,             -- inclusive; episodes of one layer of a tracklet never overlap
      occluded_by INTEGER REFERENCES tracklet(id) ON DELETE SET NULL, -- NULL: by nobody who has a tracklet, or not known
      annotator TEXT NOT NULL,
      updated_at INTEGER NOT NULL,
      CHECK ("end" >= start)
    ) STRICT;
    CREATE INDEX episode_tracklet ON episode (tracklet_id, layer, start);
    -- Removing a tracklet looks for those it occludes.
    CREATE INDEX episode_occluded_by ON episode (occluded_by) WHERE occluded_by IS NOT NULL;

    -- Episodes whose frames no longer stand in one stretch, until a later update finds them in one again.
    CREATE TABLE episode_aside (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      tracklet_key TEXT NOT NULL,
      pictures TEXT NOT NULL,             -- JSON array: the files, or numbers of the frames, that it was given for
      contents TEXT,                      -- JSON array beside it; NULL where they do not tell
      episode TEXT NOT NULL,              -- JSON: the whole row as it was
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX episode_aside_dataset ON episode_aside (dataset_id);
  `,
});
