/** `tracklet backup list|make|restore [id] --project P`. Restoring also works on a project whose database is too damaged to be opened. */
import { join, resolve } from 'node:path';
import { holds, moment } from '../../../src-shared/backupText.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { Backup } from '../../../src-shared/contract/history.ts';
import { defineCommand, required, UsageError, type CommandIo } from '../command.ts';
import { withProject } from '../project.ts';

export default defineCommand({
  id: 'backup',
  positionals: ['<list|make|restore>', '[id]'],
  summary: 'List the copies of a project, make one, or put one back',
  options: { project: { type: 'string', value: 'dir', help: 'the project' } },
  async run(args, io) {
    const [what, id] = args.positionals;
    const project = required(args, 'project');
    if (what !== 'restore' && id !== undefined) throw new UsageError(`"backup ${what ?? ''}" takes no "${id}".`);
    if (what === 'list') {
      const backups = await listOf(resolve(project));
      if (io.json) io.out(JSON.stringify({ backups }));
      else if (backups.length === 0) io.out('There is no copy yet.');
      else
        for (const backup of backups) io.out(`${backup.id}  ${moment(backup.at)}  ${backup.reason}  (${holds(backup)}, ${(backup.bytes / 1e6).toFixed(1)} MB)`);
    } else if (what === 'make') {
      const made = await withProject(project, io, (client) => client.call('backups.make', {}));
      io.out(io.json ? JSON.stringify({ backup: made }) : `Made ${made.id} (${holds(made)}).`);
    } else if (what === 'restore') {
      if (id === undefined) throw new UsageError('The id of a copy is missing; "tracklet backup list" shows them.');
      const kept = await restore(project, id, io);
      io.out(io.json ? JSON.stringify({ restored: id, kept }) : `The project is as in ${id}. What was there before is kept as ${kept}.`);
    } else throw new UsageError(`"backup" knows list, make and restore, not "${what ?? ''}".`);
  },
});

/** Straight from the folder, so that a project that cannot be opened shows its copies too. */
async function listOf(folder: string): Promise<Backup[]> {
  const { DATABASE_NAME, projectExists } = await import('../../host/project.ts');
  const { inBackupThread } = await import('../../features/backups/thread.ts');
  const { holderOf } = await import('../../db/projectLock.ts');
  const hasCopies = await inBackupThread('list', { file: join(folder, DATABASE_NAME) });
  if (hasCopies.length === 0 && !projectExists(folder) && holderOf(folder) === null)
    throw new AppError('PROJECT_MISSING', `The folder ${folder} is not a project.`, { folder });
  return hasCopies.map(({ sequence: _sequence, work: _work, ...backup }) => backup);
}

/** Returns what the state before is called. */
async function restore(project: string, id: string, io: CommandIo): Promise<string> {
  try {
    return await withProject(project, io, async (client) => {
      await client.call('backups.restore', { id });
      return (await client.call('backups.list', {}))[0]?.id ?? '';
    });
  } catch (error) {
    const isUnusable =
      error instanceof AppError &&
      ((error.code === 'PROJECT_DAMAGED' && isDatabase(error.params['file'])) || (error.code === 'PROJECT_READ_ONLY' && error.params['needsBackup'] === true));
    if (!isUnusable) throw error;
    return restoreClosed(resolve(project), id);
  }
}

/** The copy itself may be the damaged one; then there is nothing to put in another's place. */
function isDatabase(file: unknown): boolean {
  return typeof file === 'string' && file.endsWith('project.sqlite');
}

async function restoreClosed(folder: string, id: string): Promise<string> {
  const { lockProject } = await import('../../db/projectLock.ts');
  const { inBackupThread } = await import('../../features/backups/thread.ts');
  const { DATABASE_NAME } = await import('../../host/project.ts');
  const { programVersion } = await import('../../platform/version.ts');
  const at = Date.now();
  const lock = lockProject(folder, { now: at, version: programVersion() });
  try {
    return (await inBackupThread('restoreClosed', { file: join(folder, DATABASE_NAME), id, at })) ?? 'nothing';
  } finally {
    lock.release();
  }
}
