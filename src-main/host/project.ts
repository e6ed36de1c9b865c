/**
 * The project folder: makes a new one, finds an existing one. Everything in it is relative, so it can be moved.
 * Test: test/main/host/project.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { openProjectDatabase } from '../features/database.ts';
import { lockProject } from '../db/projectLock.ts';
import { systemClock } from '../platform/clock.ts';
import { makeFolders } from '../platform/makeFolders.ts';
import { openLog, type Log } from '../platform/log.ts';
import { programVersion } from '../platform/version.ts';

export const DATABASE_NAME = 'project.sqlite';

/** Makes the folder when it is missing. Refuses a folder that is a project already, or lies in one, whose files it would mix with its own. */
export async function createProject(
  folder: string,
  name: string,
  { clock = systemClock, log = openLog('info') }: { clock?: () => number; log?: Log } = {},
): Promise<void> {
  const file = join(folder, DATABASE_NAME);
  if (existsSync(file))
    throw new AppError('CONFLICT', `The folder ${folder} is a project already.`, { folder }, { remedy: 'Open it, or choose another folder.' });
  const outer = outerProject(folder);
  if (outer !== null)
    throw new AppError(
      'CONFLICT',
      `The folder ${folder} lies inside the project ${outer}.`,
      { folder, project: outer },
      { remedy: 'Choose a folder beside that project.' },
    );
  try {
    for (const part of ['', 'runs', 'cache', 'backups']) makeFolders(join(folder, part), 0o700);
  } catch (error) {
    throw fileError(error, folder, 'written', { lead: `The project folder ${folder}` });
  }
  const lock = lockProject(folder, { now: clock(), version: programVersion() });
  if (existsSync(file)) {
    lock.release();
    throw new AppError(
      'CONFLICT',
      `The folder ${folder} was made a project by another program just now.`,
      { folder },
      { remedy: 'Open it, or choose another folder.' },
    );
  }
  try {
    const db = await openProjectDatabase({ file, create: true, clock, log });
    await db.write('project', 'setMeta', { name, id: randomUUID(), createdAt: String(clock()) });
    await db.close();
  } catch (error) {
    // Half a project would be refused later without a reason.
    await Promise.all(['', '-wal', '-shm'].map((suffix) => rm(`${file}${suffix}`, { force: true })));
    throw error;
  } finally {
    lock.release();
  }
}

function outerProject(folder: string): string | null {
  for (let inner = resolve(folder), outer = dirname(inner); outer !== inner; inner = outer, outer = dirname(inner)) if (projectExists(outer)) return outer;
  return null;
}

export function projectExists(folder: string): boolean {
  return existsSync(join(folder, DATABASE_NAME));
}

export function missingProject(folder: string): AppError {
  const stat = statSync(folder, { throwIfNoEntry: false });
  const sentence = !stat
    ? `The folder ${folder} does not exist.`
    : stat.isDirectory()
      ? `The folder ${folder} is not a project: it has no ${DATABASE_NAME}.`
      : `${folder} is a file, not a project folder.`;
  return new AppError('PROJECT_MISSING', sentence, { folder });
}
