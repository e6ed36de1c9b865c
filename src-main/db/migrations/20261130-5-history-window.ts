/**
 * What a window would undo, and how much, is asked after every stroke: without an index of windows that goes through all steps ever made, and
 * through the pages of their patches, behind which the window stands. Test: test/main/features/history.test.ts.
 */
import { defineMigration } from '../migration.ts';

export default defineMigration({
  id: '20261130-5-history-window',
  schema: 2,
  sql: 'CREATE INDEX history_window ON history (undone, made_in, id);',
});
