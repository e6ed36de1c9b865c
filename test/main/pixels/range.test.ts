/** Places of pictures in archives, as rows keep them: they come back to the bit, and what none of ours could be is no place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areRanges, canBe, packRanges, pictureName, rangeAt, RANGE_BYTES, rangesOf } from '../../../src-main/pixels/range.ts';

const place = fc.record({ start: fc.maxSafeNat(), packed: fc.nat(), size: fc.nat(), deflate: fc.boolean() }).map(({ start, packed, size, deflate }) => ({
  start: Math.min(start, Number.MAX_SAFE_INTEGER - packed),
  packed,
  size: deflate ? Math.min(size, 1000 * packed) : packed,
  coding: deflate ? ('deflate' as const) : ('stored' as const),
}));

test('every place comes back, wherever its record lies', () => {
  fc.assert(
    fc.property(fc.array(place), fc.nat({ max: 7 }), (places, shift) => {
      const packed = packRanges(places);
      expect(packed.length).toBe(places.length * 25);
      const moved = new Uint8Array(packed.length + shift);
      moved.set(packed, shift);
      const ranges = moved.subarray(shift);
      expect(places.map((_, position) => rangeAt(ranges, position))).toEqual(places);
      expect([areRanges(ranges), rangesOf(ranges, places.length)]).toEqual([true, ranges]);
    }),
    { seed: 11 },
  );
});

test('the layout is that of the column: start, packed and size as float64, then the number of the coding', () => {
  const bytes = Buffer.from(packRanges([{ start: 2 ** 40, packed: 7, size: 90, coding: 'deflate' }]));
  expect([bytes.readDoubleLE(0), bytes.readDoubleLE(8), bytes.readDoubleLE(16), bytes[24]]).toEqual([2 ** 40, 7, 90, 1]);
});

test('ranges of another number of frames, and none, are none', () => {
  const two = packRanges([
    { start: 0, packed: 1, size: 1, coding: 'stored' },
    { start: 1, packed: 1, size: 1, coding: 'stored' },
  ]);
  expect([rangesOf(two, 1), rangesOf(two, 3), rangesOf(null, 0), rangesOf(undefined, 0)]).toEqual([null, null, null, null]);
  expect(areRanges(two.subarray(0, RANGE_BYTES + 1))).toBe(false);
});

describe('no place is', () => {
  const fields = (start: number, packed: number, size: number, coding: number): Uint8Array => {
    const bytes = Buffer.alloc(RANGE_BYTES);
    for (const [index, value] of [start, packed, size].entries()) bytes.writeDoubleLE(value, 8 * index);
    bytes[24] = coding;
    return bytes;
  };
  test.each([
    ['before the file', -1, 5, 5, 0],
    ['of less than nothing', 0, -5, -5, 0],
    ['at no number', NaN, 5, 5, 0],
    ['of no number', 0, NaN, NaN, 0],
    ['at a half', 0.5, 5, 5, 0],
    ['without end', 0, Infinity, Infinity, 0],
    ['beyond what is counted', Number.MAX_SAFE_INTEGER, 5, 5, 0],
    ['stored in another size', 0, 5, 6, 0],
    ['more than can come out of it', 0, 5, 5 * 1032 + 65, 1],
    ['unpacked to less than nothing', 0, 5, -1, 1],
    ['of an unknown coding', 0, 5, 5, 2],
  ])('one %s', (_what, start, packed, size, coding) => {
    const ranges = fields(start, packed, size, coding);
    expect([areRanges(ranges), canBe(rangeAt(ranges, 0))]).toEqual([false, false]);
  });
  test('and one at the edge is one', () => expect(areRanges(fields(0, 5, 5 * 1032 + 64, 1))).toBe(true));
});

test('a picture is named by its file, one in an archive by both', () => {
  expect(pictureName({ path: '/d/a.jpg' })).toBe('/d/a.jpg');
  expect(pictureName({ path: '/d/set.zip', range: { start: 0, packed: 1, size: 1, coding: 'stored', member: '1/a.jpg' } })).toBe('1/a.jpg in /d/set.zip');
});
