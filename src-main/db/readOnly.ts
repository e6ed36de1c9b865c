/**
 * A read-only connection in the caller's own thread, for compute children: they call table functions directly.
 * Needs a project that the host has opened (and so migrated) before. Test: test/main/db/database.test.ts.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { openConnection } from './connection.ts';
import { readerOf, type Reader } from './handles.ts';

export function openReadOnly(projectFolder: string): Reader & { close(): void } {
  const file = join(projectFolder, 'project.sqlite');
  if (!existsSync(file))
    throw new AppError('PROJECT_MISSING', `The folder ${projectFolder} is not a project: it has no project.sqlite.`, { folder: projectFolder });
  const database = openConnection(file, 'read');
  return Object.assign(readerOf(database), { close: () => void database.close() });
}
