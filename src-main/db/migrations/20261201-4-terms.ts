/**
 * What tracklets are filtered by becomes one column for every field: `terms` takes the place of `occluders`, in the table and in the index of
 * the grid. Terms of all fields are made here from their values, in the form of `src-shared/fields/terms.ts`, so that no project is half.
 * Test: test/main/db/terms.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261201-4-terms',
  // An older program asks for the column "occluders".
  schema: 4,
  sql: `
    DROP INDEX tracklet_grid;
    -- ',hiddenParts=head,occluder=object,occluder=person,' : what it has on some frame, with a comma on each side.
    ALTER TABLE tracklet RENAME COLUMN occluders TO terms;
    UPDATE tracklet SET terms = '' WHERE terms <> '';
    UPDATE tracklet SET terms = ifnull((
      SELECT ',' || group_concat(term, ',') || ',' FROM (
        -- A value that another program wrote may be anything: texts and lists of texts alone make terms.
        SELECT DISTINCT a.field || '=' || v.value AS term
          FROM annotation a, json_each(CASE WHEN json_valid(a.value) THEN a.value ELSE '[]' END) v
          WHERE a.tracklet_id = tracklet.id AND a.layer = 'shared' AND a.field IN ('hiddenParts', 'occluder', 'quality') AND v.type = 'text' AND typeof(v.key) <> 'text'
          ORDER BY term
      )
    ), '')
      WHERE id IN (SELECT tracklet_id FROM annotation WHERE layer = 'shared' AND field IN ('hiddenParts', 'occluder', 'quality'));
    CREATE INDEX tracklet_grid ON tracklet (dataset_id, identity_id, camera_id, id, split, frames, with_value, hidden_frames, hidden_max, terms, review, review_gaps, key, note);
  `,
});
