/**
 * A data set may be made of others: its recipe says how, and its members are the very tracklets of its sources. Data sets of before were all
 * imported. Two that have the same members are asked the same, so an evaluation is kept by its data set, too: what one was asked does not take the
 * place of what the other was. Test: test/main/db/derived.test.ts.
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

    CREATE TABLE evaluation_by_dataset (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      protocol TEXT NOT NULL,
      distance TEXT NOT NULL,
      question TEXT,                      -- JSON; NULL: made before it was kept
      question_hash TEXT,                 -- its own: lists, protocol, distance, re-ranking, view, clips, content; NULL: as above
      features_hash TEXT NOT NULL,        -- what was judged
      weights_hash TEXT,                  -- NULL: as above
      folder TEXT NOT NULL,               -- relative to the project: metrics.json, per-query.safetensors
      files TEXT,                         -- JSON: sha256 by name, of the files in its folder; NULL: as above
      metrics TEXT NOT NULL,              -- JSON: mAP, mINP, cmc, queries, validQueries, gallery
      created_at INTEGER NOT NULL,
      UNIQUE (run_id, dataset_id, question_hash, features_hash, weights_hash)
    ) STRICT;
    INSERT INTO sqlite_sequence (name, seq) SELECT 'evaluation_by_dataset', seq FROM sqlite_sequence WHERE name = 'evaluation';
    INSERT INTO evaluation_by_dataset
      SELECT id, run_id, dataset_id, protocol, distance, question, question_hash, features_hash, weights_hash, folder, files, metrics, created_at FROM evaluation;
    DROP TABLE evaluation;
    ALTER TABLE evaluation_by_dataset RENAME TO evaluation;
    CREATE INDEX evaluation_dataset ON evaluation (dataset_id);
  `,
});
