/**
 * What is said of pictures of a tracklet that are not shown, wherever it is: changed since the import, or gone. Tests: test/renderer/unshownPictures.test.ts,
 * test/e2e/changedPictures.test.ts, test/e2e/strips.test.ts.
 */
import type { TrackletRow } from '../../src-shared/entities.ts';
import { counted } from './format.ts';

/** null: nothing is known to be amiss, or all are missing, which is said in their place. */
export function unshownText(row: Pick<TrackletRow, 'changedPictures' | 'missingPictures' | 'mediaMissing'>): string | null {
  if (row.mediaMissing) return null;
  const said = [row.changedPictures > 0 ? changedText(row.changedPictures) : null, row.missingPictures > 0 ? missingText(row.missingPictures) : null];
  return said.filter((text) => text !== null).join('. ') || null;
}

function changedText(frames: number): string {
  return frames === 1
    ? '1 picture was changed since the import: it is not shown, and its frame cannot be marked'
    : `${counted(frames, 'picture')} were changed since the import: they are not shown, and their frames cannot be marked`;
}

function missingText(frames: number): string {
  return frames === 1
    ? '1 picture is gone or cannot be read: it is not shown, and its frame cannot be marked'
    : `${counted(frames, 'picture')} are gone or cannot be read: they are not shown, and their frames cannot be marked`;
}
