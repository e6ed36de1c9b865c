/**
 * Every table module by its name: `db.read('tracklets', 'rows', input)` is `rows(reader, input)` in features/tracklets/table.ts.
 * Imported by the database threads; everyone else imports the type only.
 */
import * as annotations from '../features/annotations/table.ts';
import * as derived from '../features/annotations/derived.table.ts';
import * as datasets from '../features/datasets/table.ts';
import * as evaluations from '../features/evaluations/table.ts';
import * as history from '../features/history/table.ts';
import * as importChanges from '../features/imports/changes.table.ts';
import * as importRenames from '../features/imports/renames.table.ts';
import * as importUpdate from '../features/imports/update.table.ts';
import * as putBack from '../features/imports/putBack.table.ts';
import * as setAside from '../features/imports/setAside.table.ts';
import * as imports from '../features/imports/table.ts';
import * as jobs from '../features/jobs/table.ts';
import * as manifests from '../features/manifests/table.ts';
import * as media from '../features/media/table.ts';
import * as project from '../features/project/table.ts';
import * as runs from '../features/runs/table.ts';
import * as seen from '../features/annotations/seen.table.ts';
import * as tracklets from '../features/tracklets/table.ts';
import * as trash from '../features/trash/table.ts';
import * as keys from './commandKeys.ts';

export const tables = {
  annotations,
  datasets,
  derived,
  evaluations,
  history,
  importChanges,
  importRenames,
  importUpdate,
  imports,
  jobs,
  keys,
  manifests,
  media,
  project,
  putBack,
  runs,
  seen,
  setAside,
  tracklets,
  trash,
};
export type Tables = typeof tables;
