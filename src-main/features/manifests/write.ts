/**
 * The list of tracklets that a task reads, in a file of its own while the task runs: what computes opens no database.
 * Test: test/main/features/manifests.test.ts.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, cancelled } from '../../../src-shared/errors.ts';
import type { SplitName } from '../../../src-shared/contract/datasets.ts';
import { writeManifest, type ClipRow, type ManifestHead } from '../../compute/manifest.ts';
import type { HostContext } from '../context.ts';

type Parts = Pick<HostContext, 'db' | 'project'>;

/** Null where the data set has none. */
type SplitInUse = { name: string; hash: string } | null;

const FOLDER = 'cache/tasks';
/** Tracklets of one read: some thousand frames, of which neither reader nor host is busy for long. */
const AT_ONCE = 100;

export interface Listed {
  /** One task has one. */
  jobId: number;
  datasetId: number;
  /** Default: all. */
  splits?: SplitName[];
  signal?: AbortSignal;
}

/** Writes the list, gives its path to `work`, and removes it in the end. @throws NOT_FOUND when the data set is gone */
export async function withManifest<Result>(
  { db, project }: Parts,
  listed: Listed,
  work: (path: string, split: SplitInUse) => Promise<Result>,
): Promise<Result> {
  const { jobId, datasetId } = listed;
  const folder = project.file(FOLDER);
  await project.makeFolder(folder);
  const path = join(folder, `${jobId}.jsonl`);
  try {
    // An update of its source may be stored between two reads, and tracklets of after it must not stand under the hash of before.
    // Nor those of a set in which somebody was moved meanwhile under the hash of before.
    for (let now = await state(db, datasetId), written = ''; ; now = await state(db, datasetId)) {
      const said = JSON.stringify([now.head.contentHash, now.split]);
      if (said === written) return await work(path, now.split);
      await writeManifest(path, now.head, parts(db, listed));
      written = said;
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** Those of a program that was killed. Before jobs start. */
export async function clearManifests(project: HostContext['project']): Promise<void> {
  await rm(project.file(FOLDER), { recursive: true, force: true });
}

async function state(db: Parts['db'], datasetId: number): Promise<{ head: ManifestHead; split: SplitInUse }> {
  const found = await db.read('manifests', 'head', { datasetId });
  if (!found) throw new AppError('NOT_FOUND', 'The data set was removed.', { datasetId });
  return { head: found, split: await db.read('splits', 'inUse', { datasetId }) };
}

async function* parts(db: Parts['db'], { datasetId, splits, signal }: Listed): AsyncGenerator<ClipRow[]> {
  for (let after = 0; ;) {
    if (signal?.aborted) throw cancelled();
    const rows = await db.read('manifests', 'clips', { datasetId, after, most: AT_ONCE, ...(splits ? { splits } : {}) });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.id;
  }
}
