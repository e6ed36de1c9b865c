/**
 * Every table module by its name: `db.read('tracklets', 'rows', input)` is `rows(reader, input)` in features/tracklets/table.ts.
 * Imported by the database threads; everyone else imports the type only.
 */
import * as keys from './commandKeys.ts';
import * as project from '../features/project/table.ts';
import * as evaluations from '../features/evaluations/table.ts';
import * as jobs from '../features/jobs/table.ts';
import * as runs from '../features/runs/table.ts';

export const tables = { evaluations, jobs, keys, project, runs };
export type Tables = typeof tables;
