/**
 * What imports leave behind when the program ends in the middle of one: rows that nobody sees, a spool, decoded frames without a medium. All of it
 * goes at the next start; rows in small transactions, so that nobody waits for it.
 * Tests: test/main/features/imports/leftovers.test.ts, test/main/features/imports/chunks.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext, ProjectFolder } from '../context.ts';
import { frameFolder } from '../../media/frameFiles.ts';

type Parts = Pick<HostContext, 'db' | 'project' | 'log'>;

const SPOOLS = 'cache/imports';
/** Removed in about ten milliseconds. */
const ROWS_AT_ONCE = 100;

/** A fresh folder for the records of one import. */
export async function spoolFolder(project: ProjectFolder): Promise<string> {
  const folder = join(project.file(SPOOLS), randomUUID());
  await project.makeFolder(folder);
  return folder;
}

/** Before jobs start: the files of dead imports. Rows go on in the background; `settled` is for whoever wants to wait. */
export async function clearLeftovers(context: Parts): Promise<{ settled(): Promise<void>; close(): Promise<void> }> {
  const { db, project, log } = context;
  await rm(project.file(SPOOLS), { recursive: true, force: true });
  const frames = project.file('cache/frames');
  for (const name of await readdir(frames).catch(() => []))
    if (name.startsWith('import-') || name.endsWith('.part')) await rm(join(frames, name), { recursive: true, force: true });
  const abandoned = await db.read('imports', 'unfinished', null);
  let closed = false;
  const removed = (async () => {
    for (const datasetId of abandoned) await removeUnfinished(context, datasetId, () => closed);
  })().catch((error: unknown) => {
    if (!closed) log.warn({ err: error }, 'what an unfinished import left could not be removed');
  });
  return {
    settled: () => removed,
    async close() {
      closed = true;
      await removed;
    },
  };
}

/** Removes the rows of an import that did not end, and the frames its videos have in the cache. */
export async function removeUnfinished({ db, project }: Parts, datasetId: number, isClosed: () => boolean = () => false): Promise<void> {
  for (const { id, contentHash } of await db.read('imports', 'videos', { datasetId }))
    await rm(frameFolder(project, id, contentHash), { recursive: true, force: true });
  while ((await db.write('imports', 'removeSome', { datasetId, most: ROWS_AT_ONCE })).left)
    if (isClosed()) throw new AppError('CANCELLED', 'The program is closing.');
}
