/**
 * What is said when training or extraction meets a picture that was replaced after its import: how many there are, one of them, and what helps. A result of such
 * pictures would answer for pictures that the data set does not have. Test: test/main/compute/changedPictures.test.ts, test/main/features/replacedPictures.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { ClipRow } from './manifest.ts';
import { CHANGED_REMEDY } from '../pixels/pictureHash.ts';
import type { OpenClipSource } from './clipSource.ts';
import type { Reporter } from './reporter.ts';

/** Pictures that are compared to count the changed ones: some seconds, also on a share. */
const MOST = 20_000;

/** The error with its count; any other error as it is. A cancel while counting ends it as such. */
export async function withCount(error: unknown, source: Pick<OpenClipSource, 'compare'>, name: string, reporter: Reporter, most = MOST): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'SOURCE_CHANGED') return error;
  try {
    const { compared, changed, example, isWhole } = await source.compare(most, async (count) => {
      reporter.progress(count, 0, 'pictures', 'Comparing the pictures with those that were imported');
      await reporter.pause();
    });
    const file = example ?? String(error.params['file']);
    // Put back meanwhile, or beyond those that were compared: the one that was met is known.
    const count = Math.max(1, changed);
    const of = `${isWhole ? '' : 'at least '}${count} of ${isWhole ? compared : `the first ${compared}`} pictures`;
    return new AppError(
      'SOURCE_CHANGED',
      `The pictures of "${name}" are not all those that were imported: ${of} that are read here ${count === 1 ? 'has' : 'have'} changed since, such as ${file}.`,
      { file, name, changed: count, compared },
      { cause: error, remedy: CHANGED_REMEDY },
    );
  } catch (trouble) {
    return trouble instanceof AppError && trouble.code === 'CANCELLED' ? trouble : error;
  }
}

/** Said once: what an import of before did not note cannot be compared. */
export function noteUnrecorded(rows: readonly Pick<ClipRow, 'files' | 'pictures'>[], name: string, reporter: Pick<Reporter, 'log'>): void {
  const unknown = rows.filter(({ files, pictures }) => files !== null && pictures === null).length;
  if (unknown > 0)
    reporter.log(
      'info',
      `Whether the pictures of ${unknown} tracklets of "${name}" are those that were imported cannot be told: an older version imported them and noted no hashes.`,
    );
}
