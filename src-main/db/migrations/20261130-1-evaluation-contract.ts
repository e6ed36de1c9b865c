/**
 * An evaluation keeps what it was asked, which weights it judged, and the hashes of its files. Rows from before have none of it: they equal no
 * other and are offered to be made again. Strata are read from the labels of now, so those of the day of an evaluation go.
 * Test: test/main/db/migrations.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261130-1-evaluation-contract',
  schema: 1,
  sql: `
    ALTER TABLE evaluation ADD COLUMN question TEXT;     -- JSON; NULL: made before it was kept
    ALTER TABLE evaluation ADD COLUMN weights_hash TEXT; -- NULL: as above
    ALTER TABLE evaluation ADD COLUMN files TEXT;        -- JSON: sha256 by name, of the files in its folder; NULL: as above
    UPDATE evaluation SET metrics = json_remove(metrics, '$.strata');
  `,
});
