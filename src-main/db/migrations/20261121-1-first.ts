/** First schema. Test: test/main/db/migrations.test.ts. */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261121-1-first',
  /** The oldest program that can read the result has this schema number (PRAGMA user_version). */
  schema: 1,
  sql: `
    -- AUTOINCREMENT: an id is never given again, since history and the addresses of cached pictures name ids.
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE dataset (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      importer TEXT NOT NULL,
      options TEXT NOT NULL,              -- JSON
      root TEXT NOT NULL,                 -- relative to the project when inside it, else absolute
      origin TEXT,
      licence TEXT,
      state TEXT NOT NULL CHECK (state IN ('importing', 'ready')),
      content_hash TEXT NOT NULL,         -- of what was imported, so a second import of the same is recognised
      warnings TEXT NOT NULL DEFAULT '[]',-- JSON
      created_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE camera (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      camid INTEGER NOT NULL,
      name TEXT NOT NULL,
      UNIQUE (dataset_id, camid)
    ) STRICT;

    CREATE TABLE identity (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      pid INTEGER NOT NULL,
      name TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('person', 'distractor', 'junk')),
      UNIQUE (dataset_id, pid)
    ) STRICT;

    CREATE TABLE media (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      key TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('video', 'frames', 'crops')),
      path TEXT NOT NULL,                 -- relative to the data set's root
      width INTEGER NOT NULL,
      height INTEGER NOT NULL,
      frame_count INTEGER NOT NULL,
      fps REAL,
      content_hash TEXT,                  -- of the video file, to find it again after a move
      UNIQUE (dataset_id, key)
    ) STRICT;

    CREATE TABLE tracklet (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      key TEXT NOT NULL,
      identity_id INTEGER NOT NULL REFERENCES identity(id) ON DELETE CASCADE,
      camera_id INTEGER NOT NULL REFERENCES camera(id) ON DELETE CASCADE,
      media_id INTEGER NOT NULL REFERENCES media(id) ON DELETE CASCADE,
      split TEXT NOT NULL CHECK (split IN ('train', 'query', 'gallery', 'none')),
      frames INTEGER NOT NULL CHECK (frames > 0),
      -- Columns of the frames, one entry a frame: whole tracklets are read and written, so a row a frame would only cost.
      frame_index BLOB NOT NULL,          -- int32
      boxes BLOB,                         -- float32 [x, y, w, h]; NULL for crops
      files TEXT,                         -- JSON array of paths relative to the data set's root; NULL for video
      ignored BLOB,                       -- uint8; NULL when none is ignored
      -- Derived from annotation in the same transaction, so that the grid filters without reading ranges.
      visibility BLOB,                    -- int8 a frame, -1 = no value; NULL when none has one
      with_value INTEGER NOT NULL DEFAULT 0,
      hidden_frames INTEGER NOT NULL DEFAULT 0,
      hidden_max INTEGER,                 -- NULL without values
      occluders TEXT NOT NULL DEFAULT '', -- ',object,person,' : values present, with a comma on each side
      review TEXT NOT NULL DEFAULT 'none' CHECK (review IN ('none', 'started', 'reviewed', 'disputed')),
      note TEXT NOT NULL DEFAULT '',
      UNIQUE (dataset_id, key)
    ) STRICT;
    CREATE INDEX tracklet_identity ON tracklet (identity_id, camera_id, id);
    -- Holds all that the grid filters and sorts by, in its default order, so that 100,000 tracklets are scanned without their blobs.
    CREATE INDEX tracklet_grid ON tracklet (dataset_id, identity_id, camera_id, id, split, frames, with_value, hidden_frames, hidden_max, occluders, review, key, note);
    CREATE INDEX tracklet_media ON tracklet (media_id);

    CREATE TABLE annotation (
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      field TEXT NOT NULL,
      start INTEGER NOT NULL CHECK (start >= 0),
      "end" INTEGER NOT NULL,             -- inclusive; ranges of one field never overlap
      value TEXT NOT NULL,                -- JSON
      origin TEXT NOT NULL CHECK (origin IN ('human', 'imported', 'interpolated', 'model')),
      annotator TEXT NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (tracklet_id, field, start),
      CHECK ("end" >= start)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE history (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      label TEXT NOT NULL,
      call TEXT NOT NULL,
      tracklet_id INTEGER,                -- where to go to see it; no reference, since data sets can be removed
      tags TEXT NOT NULL,                 -- JSON
      patch TEXT NOT NULL,                -- JSON: redoes the step
      inverse TEXT NOT NULL,              -- JSON: undoes it
      undone INTEGER NOT NULL DEFAULT 0,
      join_key TEXT                       -- a later step with the same key is added to this one
    ) STRICT;

    CREATE INDEX history_undone ON history (undone, id);

    -- Commands by their client's key, so that one sent twice after a lost connection runs once.
    CREATE TABLE command_key (
      key TEXT PRIMARY KEY,
      output TEXT NOT NULL,               -- JSON
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE job (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      title TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
      params TEXT NOT NULL,               -- JSON, all that is needed to run it again
      after TEXT NOT NULL DEFAULT '[]',   -- JSON array of job ids
      done REAL NOT NULL DEFAULT 0,
      total REAL NOT NULL DEFAULT 0,
      unit TEXT NOT NULL DEFAULT '',
      message TEXT NOT NULL DEFAULT '',
      result TEXT,                        -- JSON
      error TEXT,                         -- JSON ErrorShape
      run_id TEXT,
      dataset_id INTEGER,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      ended_at INTEGER
    ) STRICT;

    CREATE TABLE run (
      id TEXT PRIMARY KEY,                -- also the folder runs/<id>
      name TEXT NOT NULL UNIQUE,
      method TEXT NOT NULL,
      options TEXT NOT NULL,              -- JSON, complete
      recipe TEXT NOT NULL,               -- JSON, complete
      dataset_id INTEGER REFERENCES dataset(id) ON DELETE SET NULL,
      dataset_name TEXT NOT NULL,
      seed INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'stopped', 'interrupted')),
      job_id INTEGER,
      step INTEGER NOT NULL DEFAULT 0,
      steps INTEGER NOT NULL DEFAULT 0,
      epoch INTEGER NOT NULL DEFAULT 0,
      elapsed_seconds REAL NOT NULL DEFAULT 0,
      images_per_second REAL,
      engine TEXT,                        -- JSON: engine, device, versions, threads
      parameters INTEGER,
      macs_per_frame REAL,
      checkpoint TEXT,                    -- relative to the run's folder
      weights_hash TEXT,
      error TEXT,                         -- JSON ErrorShape
      created_at INTEGER NOT NULL,
      ended_at INTEGER
    ) STRICT;

    CREATE TABLE feature_set (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      path TEXT NOT NULL,                 -- relative to the project
      hash TEXT NOT NULL,
      count INTEGER NOT NULL,
      dims INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (run_id, dataset_id)
    ) STRICT;

    CREATE TABLE evaluation (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      dataset_id INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
      protocol TEXT NOT NULL,
      distance TEXT NOT NULL,
      features_hash TEXT NOT NULL,
      folder TEXT NOT NULL,               -- relative to the project: metrics.json, per-query.safetensors
      metrics TEXT NOT NULL,              -- JSON: mAP, mINP, cmc, queries, validQueries, gallery, strata
      created_at INTEGER NOT NULL,
      UNIQUE (run_id, dataset_id, protocol, distance)
    ) STRICT;
  `,
});
