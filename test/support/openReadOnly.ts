/** A read-only connection in the test's own thread, on which table functions are called directly. */
import { join } from 'node:path';
import { openConnection } from '../../src-main/db/connection.ts';
import { readerOf, type Reader } from '../../src-main/db/handles.ts';

export function openReadOnly(projectFolder: string): Reader & { close(): void } {
  const database = openConnection(join(projectFolder, 'project.sqlite'), 'read');
  return Object.assign(readerOf(database), { close: () => void database.close() });
}
