/** What is said of pictures that are no longer those that were imported, wherever a tracklet is shown. Test: test/e2e/changedPictures.test.ts. */
import { counted } from './format.ts';

/** Of the frames of one tracklet. */
export function changedText(frames: number): string {
  return frames === 1
    ? '1 picture was changed since the import: it is not shown, and its frame cannot be marked'
    : `${counted(frames, 'picture')} were changed since the import: they are not shown, and their frames cannot be marked`;
}
