/**
 * Every table module by its name: `db.read('tracklets', 'rows', input)` is `rows(reader, input)` in features/tracklets/table.ts.
 * Imported by the database's threads (databaseThread.ts); everyone else imports the type only, in database.ts.
 */
import * as annotations from './annotations/table.ts';
import * as derived from './annotations/derived.table.ts';
import * as datasets from './datasets/table.ts';
import * as derive from './datasets/derive.table.ts';
import * as episodes from './annotations/episodes.table.ts';
import * as evaluations from './evaluations/table.ts';
import * as exports from './exports/table.ts';
import * as history from './history/table.ts';
import * as importChanges from './imports/changes.table.ts';
import * as importRenames from './imports/renames.table.ts';
import * as importUpdate from './imports/update.table.ts';
import * as putBack from './imports/putBack.table.ts';
import * as setAside from './imports/setAside.table.ts';
import * as imports from './imports/table.ts';
import * as jobs from './jobs/table.ts';
import * as manifests from './manifests/table.ts';
import * as media from './media/table.ts';
import * as project from './project/table.ts';
import * as runs from './runs/table.ts';
import * as seen from './annotations/seen.table.ts';
import * as splits from './splits/table.ts';
import * as tracklets from './tracklets/table.ts';
import * as trash from './trash/table.ts';
import * as keys from '../db/commandKeys.ts';

export const tables = {
  annotations,
  datasets,
  derive,
  derived,
  episodes,
  evaluations,
  exports,
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
  splits,
  tracklets,
  trash,
};
