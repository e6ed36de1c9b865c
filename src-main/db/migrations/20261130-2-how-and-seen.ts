/**
 * Every value says how it came, every frame whether a person saw it, every step of history which window made it.
 * What was "human" becomes "entered": whether its frames were shown was never recorded, so it is not called judged. Nothing is known to be
 * seen; a review of before is taken as it stands, and lacks only frames without a value. Test: test/main/db/howAndSeen.test.ts.
 */
import { defineMigration } from '../migration.ts';

const renamed = (column: string): string =>
  `replace(replace(replace(replace(${column}, '"origin":"human"', '"how":"entered"'), '"origin":"model"', '"how":"computed"'), '"origin":"imported"', '"how":"imported"'), '"origin":"interpolated"', '"how":"interpolated"')`;

export default defineMigration({
  id: '20261130-2-how-and-seen',
  // An older program asks for the column "origin".
  schema: 2,
  sql: `
    CREATE TABLE annotation_with_how (
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      field TEXT NOT NULL,
      start INTEGER NOT NULL CHECK (start >= 0),
      "end" INTEGER NOT NULL,             -- inclusive; ranges of one field never overlap
      value TEXT NOT NULL,                -- JSON
      how TEXT NOT NULL CHECK (how IN ('judged', 'accepted', 'entered', 'carried', 'interpolated', 'imported', 'computed')),
      annotator TEXT NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (tracklet_id, field, start),
      CHECK ("end" >= start)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO annotation_with_how
      SELECT tracklet_id, field, start, "end", value, CASE origin WHEN 'human' THEN 'entered' WHEN 'model' THEN 'computed' ELSE origin END, annotator, updated_at FROM annotation;
    DROP TABLE annotation;
    ALTER TABLE annotation_with_how RENAME TO annotation;
    -- Steps keep whole rows as JSON. A quote inside a value is escaped there, so only the key itself has this form.
    UPDATE history SET patch = ${renamed('patch')}, inverse = ${renamed('inverse')};

    -- The window whose page made the step; NULL: none of ours is known.
    ALTER TABLE history ADD COLUMN made_in TEXT;

    -- What a person was shown, one entry a frame.
    CREATE TABLE seen (
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      annotator TEXT NOT NULL,
      shown_ms BLOB NOT NULL,             -- uint32: how long its picture was on the screen
      slowest BLOB NOT NULL,              -- uint8: 0 never shown, 1 standing still, else eight times the speed of playing
      fastest BLOB NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (tracklet_id, annotator)
    ) STRICT;

    -- Of a reviewed tracklet: frames without a value or never shown. The grid tells a whole review from one with gaps.
    ALTER TABLE tracklet ADD COLUMN review_gaps INTEGER NOT NULL DEFAULT 0;
    UPDATE tracklet SET review_gaps = frames - with_value WHERE review = 'reviewed' AND frames > with_value;
    DROP INDEX tracklet_grid;
    CREATE INDEX tracklet_grid ON tracklet (dataset_id, identity_id, camera_id, id, split, frames, with_value, hidden_frames, hidden_max, occluders, review, review_gaps, key, note);
  `,
});
