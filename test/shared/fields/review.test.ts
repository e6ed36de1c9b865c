import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapsSentence, reviewGaps } from '../../../src-shared/fields/review.ts';

test('gaps are counted as one frame after the other gives them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: -1, max: 10 }), fc.integer({ min: 0, max: 64 })), { maxLength: 50 }), (frames) => {
      const visibility = Int8Array.from(frames, ([value]) => value);
      const fastest = Uint8Array.from(frames, ([, speed]) => speed);
      expect(reviewGaps(frames.length, visibility, fastest)).toEqual({
        frames: frames.length,
        withoutValue: frames.filter(([value]) => value === -1).length,
        notSeen: frames.filter(([, speed]) => speed === 0).length,
        either: frames.filter(([value, speed]) => value === -1 || speed === 0).length,
      });
    }),
  );
  expect(reviewGaps(3, null, null)).toEqual({ frames: 3, withoutValue: 3, notSeen: 3, either: 3 });
});

test.each([
  [{ frames: 40, withoutValue: 12, notSeen: 7, either: 15 }, '12 of 40 frames have no value, 7 were not seen'],
  [{ frames: 40, withoutValue: 1, notSeen: 0, either: 1 }, '1 of 40 frames has no value'],
  [{ frames: 40, withoutValue: 0, notSeen: 1, either: 1 }, '1 of 40 frames was not seen'],
  [{ frames: 40, withoutValue: 0, notSeen: 40, either: 40 }, '40 of 40 frames were not seen'],
  [{ frames: 40, withoutValue: 0, notSeen: 0, either: 0 }, null],
])('%o is said as "%s"', (gaps, sentence) => {
  expect(gapsSentence(gaps)).toBe(sentence);
});
