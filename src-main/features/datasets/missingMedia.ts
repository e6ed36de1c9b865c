/**
 * Whether the files of a data set are where they should be: some are looked for, of every medium and spread over the tracklets. A disk that does not
 * answer counts as not there. Tests: test/main/features/missingMedia.test.ts, test/main/features/datasets.test.ts.
 */
import type { DatasetDetail } from '../../../src-shared/contract/datasets.ts';
import type { HostContext } from '../context.ts';
import { mediaFile, shownRoot } from '../../media/location.ts';
import { exists } from '../../media/presence.ts';
import type { FileThreads } from '../../pixels/fileThreads.ts';

const PATIENCE_MS = 2000;

/** null when all that were looked for are there. */
export async function missingMedia({ db, project }: Pick<HostContext, 'db' | 'project'>, id: number, threads?: FileThreads): Promise<DatasetDetail['missing']> {
  const sample = await db.read('datasets', 'sampleFiles', { id });
  const files = [...new Map(sample.map((file) => [JSON.stringify([file.root, file.path]), file])).values()];
  const patience = new AbortController();
  const late = new Promise<boolean>((answer) => {
    const timer = setTimeout(() => answer(false), PATIENCE_MS);
    patience.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const isThere = ({ root, path, isArchive }: (typeof files)[number]): Promise<boolean> =>
    exists(
      () => (isArchive ? project.root(root) : mediaFile(project, root, path)),
      () => project.root(root),
      threads,
    );
  const found = await Promise.all(files.map((file) => Promise.race([isThere(file), late])));
  patience.abort();
  const missing = files.filter((_, index) => !found[index]);
  const [first] = missing;
  return first === undefined
    ? null
    : { count: missing.length, of: files.length, example: first.path, root: shownRoot(project, first.root), datasetId: first.datasetId };
}
