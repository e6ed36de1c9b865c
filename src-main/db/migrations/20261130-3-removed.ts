/**
 * Data sets and runs that were removed stay as rows that no reader sees (db/liveViews.ts), so that removing is a step like any other.
 * A removed row gives its name free; `removed_name` remembers it. Test: test/main/features/removed.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261130-3-removed',
  // An older program would show removed data sets and runs as if they were there.
  schema: 2,
  sql: `
    ALTER TABLE dataset ADD COLUMN removed_at INTEGER;
    ALTER TABLE dataset ADD COLUMN removed_name TEXT;
    ALTER TABLE run ADD COLUMN removed_at INTEGER;
    ALTER TABLE run ADD COLUMN removed_name TEXT;
  `,
});
