/**
 * Takes the changes of a source over into its data set, after a copy of the project: labels stay with their pictures, tracklets keep their ids.
 * Tests: test/main/features/imports/updateDataset.test.ts, test/main/features/imports/changed.test.ts.
 */
import { rm } from 'node:fs/promises';
import { copyName } from '../../../src-shared/backupText.ts';
import type { HostContext } from '../context.ts';
import type { JobTools } from '../../jobs/queue.ts';
import { frameFolder } from '../../media/frameFiles.ts';
import { FIELDS } from '../annotations/fields.ts';
import type { UpdateResult } from './update.table.ts';
import type { FoundChange } from './compareSource.ts';
import { headerOf, type ReadSource } from './source.ts';

export async function updateDataset(
  context: Omit<HostContext, 'jobs'>,
  source: ReadSource,
  change: FoundChange,
  tools: Pick<JobTools, 'signal' | 'progress' | 'log'>,
): Promise<UpdateResult & { backup: string; backupAt: number }> {
  const { db, project, clock, backups } = context;
  const { read, spool, media } = source;
  const datasetId = change.dataset;
  const fields = FIELDS;
  tools.progress(0, 0, '', 'Making a backup');
  // An update is no step that undo takes back: without a copy it does not begin.
  const { id: backup, at: backupAt } = await backups.make(`Before updating ${change.name}`);
  tools.log('info', `The project as it was before is kept in ${copyName(backupAt)}.`);
  tools.signal.throwIfAborted();
  tools.progress(0, 0, '', 'Taking over the changes');
  const before = await db.read('imports', 'videos', { datasetId });
  const other = before.filter(({ key, contentHash }) => read.videos[key] !== undefined && read.videos[key] !== contentHash);
  for (const { id, contentHash } of other) await rm(frameFolder(project, id, contentHash), { recursive: true, force: true });
  const result = await db.write('importUpdate', 'update', {
    datasetId,
    header: headerOf(context, source, clock()),
    spool,
    chunks: read.chunks,
    gone: change.gone,
    renamed: change.renamed,
    wholeFields: [...fields.values()].filter((field) => field.scope === 'tracklet').map((field) => field.id),
    annotator: read.importer,
  });
  const unchanged = new Set(before.filter((video) => !other.includes(video)).map(({ id }) => id));
  for (const { id, path, contentHash } of await db.read('imports', 'videos', { datasetId }))
    if (!unchanged.has(id))
      await media.adopt(path, id, contentHash).catch((error: unknown) => tools.log('warn', `The decoded frames could not be kept: ${String(error)}`));
  return { ...result, backup, backupAt };
}
