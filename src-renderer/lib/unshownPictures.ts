/**
 * What is said of pictures of a tracklet that are not shown, wherever it is: changed since the import, or gone. Tests: test/renderer/unshownPictures.test.ts,
 * test/e2e/changedPictures.test.ts, test/e2e/strips.test.ts.
 */
import type { TrackletRow } from '../../src-shared/contract/tracklets.ts';
import { counted } from './format.ts';

/** null: nothing is known to be amiss, or all are missing, which is said in their place. */
export function unshownText(row: Pick<TrackletRow, 'changedPictures' | 'missingPictures' | 'mediaMissing'>): string | null {
  if (row.mediaMissing) return null;
  const said = [
    row.changedPictures > 0
      ? notShown(row.changedPictures, row.changedPictures === 1 ? 'was changed since the import' : 'were changed since the import')
      : null,
    row.missingPictures > 0 ? notShown(row.missingPictures, row.missingPictures === 1 ? 'is gone or cannot be read' : 'are gone or cannot be read') : null,
  ];
  return said.filter((text) => text !== null).join('. ') || null;
}

function notShown(frames: number, why: string): string {
  const what = frames === 1 ? 'it is not shown, and its frame cannot be marked' : 'they are not shown, and their frames cannot be marked';
  return `${counted(frames, 'picture')} ${why}: ${what}`;
}
