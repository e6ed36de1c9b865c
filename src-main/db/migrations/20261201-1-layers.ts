/**
 * Values stand in layers, which are part of their key. All of before are of the layer that everybody shares, in their table, in steps of history
 * and where they were set aside. Test: test/main/db/layers.test.ts.
 */
import { defineMigration } from '../migration.ts';

/**
 * Steps keep whole rows and keys as JSON, and what was set aside as text inside it. A quote inside a text is escaped, whatever somebody wrote there,
 * so only a row, a key or such a text begins like this.
 */
const shared = (column: string): string =>
  `replace(replace(${column}, '{"tracklet_id":', '{"layer":"shared","tracklet_id":'), '"annotation":"{\\"tracklet_id\\":', '"annotation":"{\\"layer\\":\\"shared\\",\\"tracklet_id\\":')`;

export default defineMigration({
  id: '20261201-1-layers',
  // An older program would show values of all layers as if they were one.
  schema: 4,
  sql: `
    CREATE TABLE layer (
      id TEXT PRIMARY KEY,
      title TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('shared', 'person', 'model'))
    ) STRICT;
    INSERT INTO layer (id, title, kind) VALUES ('shared', 'Shared', 'shared');
    CREATE TABLE annotation_in_layer (
      tracklet_id INTEGER NOT NULL REFERENCES tracklet(id) ON DELETE CASCADE,
      layer TEXT NOT NULL REFERENCES layer(id),
      field TEXT NOT NULL,
      start INTEGER NOT NULL CHECK (start >= 0),
      "end" INTEGER NOT NULL,             -- inclusive; ranges of one field of one layer never overlap
      value TEXT NOT NULL,                -- JSON
      how TEXT NOT NULL CHECK (how IN ('judged', 'accepted', 'entered', 'carried', 'interpolated', 'imported', 'computed')),
      annotator TEXT NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (tracklet_id, layer, field, start),
      CHECK ("end" >= start)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO annotation_in_layer
      SELECT tracklet_id, 'shared', field, start, "end", value, how, annotator, updated_at FROM annotation ORDER BY tracklet_id, field, start;
    DROP TABLE annotation;
    ALTER TABLE annotation_in_layer RENAME TO annotation;
    UPDATE history SET patch = ${shared('patch')}, inverse = ${shared('inverse')};
    UPDATE set_aside SET annotation = ${shared('annotation')};
  `,
});
