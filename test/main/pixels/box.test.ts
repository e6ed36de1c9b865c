/** From boxes to whole pixels. */
import { expect, test } from 'vitest';
import { boxArea, cut, nearestPixel, widened } from '../../../src-main/pixels/box.ts';
import { pictureFileOf } from '../../../src-main/pixels/locate.ts';
import { packRanges } from '../../../src-main/pixels/range.ts';

test.each([
  ['inside', [10, 5, 30, 40], { left: 10, top: 5, width: 30, height: 40 }],
  ['with fractions', [2.4, 3.6, 4.2, 5.2], { left: 2, top: 4, width: 5, height: 5 }],
  ['over the left and top edge', [-5, -5, 20, 20], { left: 0, top: 0, width: 15, height: 15 }],
  ['over the right and bottom edge', [90, 40, 50, 50], { left: 90, top: 40, width: 10, height: 10 }],
  ['huge', [-1e9, -1e9, 3e9, 3e9], { left: 0, top: 0, width: 100, height: 50 }],
  ['thinner than a pixel', [10, 10, 0.2, 10], { left: 10, top: 10, width: 1, height: 10 }],
  ['thin at the very edge', [99.8, 10, 5, 10], { left: 99, top: 10, width: 1, height: 10 }],
  ['outside', [200, 10, 20, 20], null],
  ['that ends where the picture begins', [-20, 10, 20, 20], null],
  ['of negative size', [10, 10, -5, -5], null],
  ['that is no number', [NaN, 0, 10, 10], null],
])('a box %s', (_name, box, expected) => {
  expect(boxArea(box, 100, 50)).toEqual(expected);
});

test('outside, the nearest pixel', () => {
  expect(nearestPixel([200, -10, 5, 5], 100, 50)).toEqual({ left: 99, top: 0, width: 1, height: 1 });
});

test('a cell takes in what is beside the person, as wide as half its height', () => {
  expect(widened([10, 10, 20, 80])).toEqual([0, 10, 40, 80]);
  expect(widened([10, 10, 40, 20])).toEqual([10, -20, 40, 80]);
});

test('cutting takes the rows of the area', () => {
  const data = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => i);
  expect([...cut({ data, width: 4, height: 3 }, { left: 1, top: 1, width: 2, height: 2 }).data]).toEqual([15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32]);
});

test('a position is its own file, a range of an archive, or a frame of its video', () => {
  const frames = { framesFolder: '/p/cache/frames/3', frameIndex: Int32Array.of(7, 12) };
  expect(pictureFileOf({ ...frames, files: ['/d/a.jpg', '/d/b.jpg'] }, 1)).toEqual({ path: '/d/b.jpg' });
  expect(pictureFileOf({ ...frames, files: null }, 1).path).toMatch(/frames.3.000012\.jpg$/);
  const places = [
    { start: 30, packed: 5, size: 5, coding: 'stored' },
    { start: 2 ** 40, packed: 7, size: 90, coding: 'deflate' },
  ] as const;
  const archive = { path: '/d/set.zip', ranges: packRanges(places) };
  expect(pictureFileOf({ ...frames, files: ['1/a.jpg', '1/b.jpg'], archive }, 1)).toEqual({ path: '/d/set.zip', range: { ...places[1], member: '1/b.jpg' } });
});
