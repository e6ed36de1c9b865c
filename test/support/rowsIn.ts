/** What stands in the database of a project, read by a connection of its own. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Rows of a query, each an array of its columns. */
export function rowsIn<T>(folder: string, text: string, ...params: unknown[]): T[] {
  const database = new Database(join(folder, 'project.sqlite'), { readonly: true });
  try {
    return database
      .prepare(text)
      .raw()
      .all(...params) as T[];
  } finally {
    database.close();
  }
}
