/** The rule against every way in which the frames without a value could be filled. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countedShare,
  isValuedEnough,
  countedText,
  shareOfValued,
  shareText,
  valuedFrames,
  type ValuedFrames,
} from '../../../src-shared/fields/hiddenShare.ts';

const scores = fc.array(fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 10 }) }, { weight: 1, arbitrary: fc.constant(-1) }), {
  minLength: 1,
  maxLength: 60,
});

/** Between which shares the whole tracklet lies, whatever the frames without a value hold. */
function shareBounds({ frames, withValue, hiddenFrames }: ValuedFrames): { low: number; high: number } {
  return { low: hiddenFrames / frames, high: (hiddenFrames + frames - withValue) / frames };
}

describe('hidden share', () => {
  test.each([
    ['3 of 40 frames, all hidden', 40, 3, 3, null],
    ['35 of 40', 40, 35, 0, null],
    ['36 of 40', 40, 36, 9, 0.25],
    ['all of 40', 40, 40, 40, 1],
    ['9 of 10', 10, 9, 0, 0],
    ['8 of 9: one frame missing is more than a tenth', 9, 8, 8, null],
    ['the only frame', 1, 1, 1, 1],
    ['none', 12, 0, 0, null],
  ])('%s', (_what, frames, withValue, hiddenFrames, share) => {
    expect(countedShare({ frames, withValue, hiddenFrames })).toBe(share);
  });

  test('a counted share is within 10 points of any filling of the missing frames; the bounds hold each filling and are reached', () => {
    fc.assert(
      fc.property(scores, fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 60, maxLength: 60 }), (column, filling) => {
        const hiddenOf = (values: number[]): number => values.filter((value) => value > 0).length / values.length;
        const columns = valuedFrames(column);
        const { low, high } = shareBounds(columns);
        const full = hiddenOf(column.map((value, i) => (value < 0 ? (filling[i] ?? 0) : value)));
        expect(full).toBeGreaterThanOrEqual(low - 1e-12);
        expect(full).toBeLessThanOrEqual(high + 1e-12);
        expect(hiddenOf(column.map((value) => Math.max(0, value)))).toBeCloseTo(low, 12);
        expect(hiddenOf(column.map((value) => (value < 0 ? 10 : value)))).toBeCloseTo(high, 12);
        const counted = countedShare(columns);
        if (counted !== null) expect(Math.abs(counted - full)).toBeLessThanOrEqual(0.1 + 1e-12);
        expect(counted !== null).toBe(isValuedEnough(columns));
        expect(isValuedEnough(columns)).toBe(column.filter((value) => value < 0).length <= column.length / 10 && column.some((value) => value >= 0));
      }),
    );
  });

  test('null and negative scores are no value, 0 is one', () => {
    expect(valuedFrames([null, -1, 0, 3, 10])).toEqual({ frames: 5, withValue: 3, hiddenFrames: 2 });
    expect(valuedFrames(Int8Array.from([-1, -1]))).toEqual({ frames: 2, withValue: 0, hiddenFrames: 0 });
  });

  test('the words name n where it is short', () => {
    expect(shareOfValued({ withValue: 0, hiddenFrames: 0 })).toBeNull();
    expect(shareText({ frames: 40, withValue: 0, hiddenFrames: 0 })).toBeNull();
    expect(shareText({ frames: 40, withValue: 3, hiddenFrames: 2 })).toBe('67 % of 3 of 40 frames');
    expect(shareText({ frames: 40, withValue: 40, hiddenFrames: 10 })).toBe('25 %');
  });

  test('where the share stands alone it is one, or n', () => {
    expect(countedText({ frames: 45, withValue: 0, hiddenFrames: 0 })).toBeNull();
    expect(countedText({ frames: 45, withValue: 13, hiddenFrames: 13 })).toBe('13 of 45 valued');
    expect(countedText({ frames: 45, withValue: 40, hiddenFrames: 20 })).toBe('40 of 45 valued');
    expect(countedText({ frames: 45, withValue: 41, hiddenFrames: 0 })).toBe('0 %');
    expect(countedText({ frames: 45, withValue: 45, hiddenFrames: 18 })).toBe('40 %');
  });
});
