/**
 * Features belong to weights, content and view, whichever run made them; evaluations to what was asked and judged. So nothing that was computed is
 * written over by what is computed later. Rows of before keep their ids, paths and folders. Of their features the evaluation that read them
 * tells weights and content; which frames were embedded stands in their file alone. Tests: test/main/db/results.test.ts, test/main/features/resultsOfBefore.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261201-3-results',
  // An older program would write over what is kept beside each other now.
  schema: 4,
  sql: `
    CREATE TABLE feature_set_by_key (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      weights_hash TEXT,                  -- NULL: made before it was kept, and never evaluated
      content_hash TEXT,                  -- state of the data set, way to read pictures, and (not in rows of before) which frames of which tracklets; NULL: as above
      view TEXT NOT NULL,                 -- which of a method's embeddings
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      run_id TEXT REFERENCES run(id) ON DELETE SET NULL, -- which made it; NULL: that one is gone, another has the same weights
      path TEXT NOT NULL,                 -- relative to the project: below features/, or in the run's folder in rows of before
      hash TEXT NOT NULL,
      count INTEGER NOT NULL,
      dims INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      used_at INTEGER NOT NULL,           -- an extraction last answered with it
      UNIQUE (weights_hash, content_hash, view)
    ) STRICT;
    INSERT INTO sqlite_sequence (name, seq) SELECT 'feature_set_by_key', seq FROM sqlite_sequence WHERE name = 'feature_set';
    INSERT INTO feature_set_by_key
      SELECT id, CASE first WHEN 1 THEN weights END, CASE first WHEN 1 THEN content END, 'embedding', dataset_id, run_id, path, hash, count, dims, created_at, created_at
      -- Of two runs with the same weights one has the key; the other goes by its own file.
      FROM (SELECT *, row_number() OVER (PARTITION BY weights, content ORDER BY id) AS first FROM (
        SELECT f.*, e.weights_hash AS weights, CASE WHEN json_valid(e.question) THEN json_extract(e.question, '$.content') END AS content
        FROM feature_set f LEFT JOIN evaluation e ON e.id = (
          SELECT max(o.id) FROM evaluation o WHERE o.run_id = f.run_id AND o.dataset_id = f.dataset_id AND o.features_hash = f.hash AND o.question IS NOT NULL)));
    DROP TABLE feature_set;
    ALTER TABLE feature_set_by_key RENAME TO feature_set;
    CREATE INDEX feature_set_dataset ON feature_set (dataset_id);
    CREATE INDEX feature_set_run ON feature_set (run_id);

    CREATE TABLE evaluation_by_question (
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
      UNIQUE (run_id, question_hash, features_hash, weights_hash)
    ) STRICT;
    INSERT INTO sqlite_sequence (name, seq) SELECT 'evaluation_by_question', seq FROM sqlite_sequence WHERE name = 'evaluation';
    INSERT INTO evaluation_by_question
      SELECT id, run_id, dataset_id, protocol, distance, question, CASE WHEN json_valid(question) THEN json_extract(question, '$.hash') END, features_hash,
        weights_hash, folder, files, metrics, created_at FROM evaluation;
    DROP TABLE evaluation;
    ALTER TABLE evaluation_by_question RENAME TO evaluation;
    CREATE INDEX evaluation_dataset ON evaluation (dataset_id);
  `,
});
