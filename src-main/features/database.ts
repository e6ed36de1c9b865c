/** The database of a project with the tables of all domains. */
import { openDatabase, type DatabaseOf, type DatabaseOptions } from '../db/database.ts';
import type { tables } from './tables.ts';

export type ProjectDatabase = DatabaseOf<typeof tables>;

export function openProjectDatabase(options: Omit<DatabaseOptions, 'thread'>): Promise<ProjectDatabase> {
  return openDatabase<typeof tables>({ ...options, thread: new URL('./databaseThread.ts', import.meta.url) });
}
