/** Pictures and videos by their names, and the order of names. */
import { expect, test } from 'vitest';
import type { EntryKind, FileEntry } from '../../../datasets/tree.ts';
import { compareNames, extensionOf, isPicture, isUnreadKind, isVideo, sortedPictures, stemOf } from '../../../datasets/readers/pictures.ts';

const entry = (name: string, kind: EntryKind = 'file'): FileEntry => ({ name, path: name, kind, why: null });

test('only files are pictures or videos, by the ending of their names in any case', () => {
  const kinds = (each: FileEntry) => [isPicture(each), isVideo(each), isUnreadKind(each)];
  for (const name of ['a.jpg', 'a.b.PNG', 'x.tiff']) expect([name, ...kinds(entry(name))]).toEqual([name, true, false, false]);
  for (const name of ['a.avi', 'a.MP4', 'x.m2ts']) expect([name, ...kinds(entry(name))]).toEqual([name, false, true, false]);
  for (const name of ['a.gif', 'a.HEIC', 'x.ogg']) expect([name, ...kinds(entry(name))]).toEqual([name, false, false, true]);
  for (const name of ['jpg', 'avi', 'gif', 'a.', 'a', 'a.jpgx', 'a.xjpg', 'a.jpg.txt'])
    expect([name, ...kinds(entry(name))]).toEqual([name, false, false, false]);
  for (const kind of ['folder', 'hidden', 'broken-link', 'link-outside', 'unusable-name', 'other'] as const)
    for (const name of ['a.jpg', 'a.avi', 'a.gif']) expect([kind, ...kinds(entry(name, kind))]).toEqual([kind, false, false, false]);
});

test('a name is its stem and its ending; one that begins with the only dot has none', () => {
  const parts = (name: string) => [stemOf(name), extensionOf(name)];
  expect(['a.jpg', 'ab.c.JPG', 'a', '.jpg', '', 'a.'].map(parts)).toEqual([
    ['a', 'jpg'],
    ['ab.c', 'jpg'],
    ['a', ''],
    ['.jpg', ''],
    ['', ''],
    ['a', ''],
  ]);
});

test('names are in the order of their numbers, then of their letters, then of their zeros; each pair one way round only', () => {
  const order = ['', '1', '2', '10', '10a', '10b2', '10b10', 'a', 'a0', 'a1', 'a1b', 'f09a', 'f9a', 'f9b', 'f09b1', 'f010', 'f10'];
  // Zeros tell only where nothing else does: f9b is before f09b1 by what follows.
  for (const [i, a] of order.entries()) for (const [j, b] of order.entries()) expect([a, b, Math.sign(compareNames(a, b))]).toEqual([a, b, Math.sign(i - j)]);
});

test('pictures of a folder are in the order of their stems, then of their endings; nothing else is among them', () => {
  const names = ['10.jpg', '2.png', '1.png', '2.jpg', 'notes.txt', '1.avi', '1 (1).png', '1.jpg'];
  const sorted = ['1.jpg', '1.png', '1 (1).png', '2.jpg', '2.png', '10.jpg'];
  for (const given of [names, names.toReversed(), names.toSorted()])
    expect(sortedPictures([...given.map((name) => entry(name)), entry('3.jpg', 'folder')]).map(({ name }) => name)).toEqual(sorted);
});
