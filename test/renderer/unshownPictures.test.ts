/** What is said of the pictures of a tracklet that are not shown. */
import { expect, it } from 'vitest';
import { unshownText } from '../../src-renderer/lib/unshownPictures.ts';

const said = (changedPictures: number, missingPictures: number, mediaMissing = false) => unshownText({ changedPictures, missingPictures, mediaMissing });

it('names what was changed and what is gone, each with its number, and nothing where the whole is missing', () => {
  expect(said(0, 0)).toBeNull();
  expect(said(1, 0)).toBe('1 picture was changed since the import: it is not shown, and its frame cannot be marked');
  expect(said(0, 2)).toBe('2 pictures are gone or cannot be read: they are not shown, and their frames cannot be marked');
  expect(said(1, 1)).toMatch(/^1 picture was changed .* marked\. 1 picture is gone or cannot be read: it is not shown, and its frame cannot be marked$/);
  expect(said(3, 2, true)).toBeNull();
});
