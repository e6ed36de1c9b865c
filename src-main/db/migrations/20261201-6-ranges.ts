/**
 * Pictures may lie in an archive: then the root of their data set is that file, and each tracklet says where in it its pictures are. All of before are
 * files of their own. Test: test/main/db/ranges.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261201-6-ranges',
  // An older program would look for the pictures below the archive, and call all of them missing.
  schema: 4,
  sql: `
    -- 25 bytes a frame: start, packed bytes and size as float64, then 0 (stored) or 1 (deflate); NULL: the pictures are files of their own
    ALTER TABLE tracklet ADD COLUMN ranges BLOB;
  `,
});
