/** Which digits of a name count frames: public naming styles, worked out by hand, and that an unsafe choice is not made. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameNumbersAt, guessFrameNumbers, orderAgrees } from '../../../datasets/readers/frameNumbers.ts';

const one = [1, 2, 3];

describe('the group that differs behind the same beginning', () => {
  const styles: [string, string[], (number | null)[], boolean][] = [
    ['plain', ['000001.jpg', '000002.jpg', '000003.jpg'], one, false],
    ['a number behind it that stays', ['000001_c2.jpg', '000002_c2.jpg', '000003_c2.jpg'], one, true],
    ['a number before it that stays', ['cam7-000001.png', 'cam7-000002.png', 'cam7-000003.png'], one, true],
    ['a word behind it', ['img-0001-small.jpg', 'img-0002-small.jpg', 'img-0003-small.jpg'], one, false],
    ['a hash of a labelling service', ['frame_000001_jpg.rf.a0b77.jpg', 'frame_000002_jpg.rf.a1b77.jpg', 'frame_000003_jpg.rf.9f3e2.jpg'], one, false],
    ['the same, short', ['frame0001.rf.0c1d.jpg', 'frame0002.rf.44e1.jpg', 'frame0003.rf.a9b8.jpg'], one, false],
    ['frame and box, as in Market', ['0002_c1s1_000151_00.jpg', '0002_c1s1_000176_00.jpg', '0002_c1s1_000201_00.jpg'], [151, 176, 201], true],
    ['a clock behind it', ['0001_1700000000123.jpg', '0002_1700000000163.jpg', '0003_1700000000203.jpg'], one, true],
    ['a resolution behind it', ['f1_1920x1080.jpg', 'f2_1920x1080.jpg', 'f3_1920x1080.jpg'], one, true],
    ['one that does not follow', ['0001.jpg', '0002.jpg', 'cover.jpg', '0003.jpg'], [1, 2, null, 3], false],
    ['copies that a file manager made', ['0001.jpg', '0001 (1).jpg', '0002.jpg'], [1, 1, 2], true],
    ['one picture', ['frame12.jpg'], [12], false],
    ['no number', ['a.jpg', 'b.jpg'], [null, null], false],
  ];
  test.each(styles)('%s', (_name, names, numbers, isGuess) => {
    expect(guessFrameNumbers(names)).toMatchObject({ numbers, isGuess });
  });
});

test('two groups that both count, differently, are left to the user; the order may agree all the same', () => {
  const both = ['1_11.jpg', '2_12.jpg', '3_13.jpg'];
  expect(guessFrameNumbers(both)).toEqual({ groups: [1, 2] });
  expect(orderAgrees(both, [1, 2])).toBe(true);
  const against = ['1_3.jpg', '2_2.jpg', '3_1.jpg'];
  expect(guessFrameNumbers(against)).toEqual({ groups: [1, 2] });
  expect(orderAgrees(against, [1, 2])).toBe(false);
  // One picture at its place does not make an order, nor one group of several.
  expect(orderAgrees(['1_1.jpg', '2_3.jpg', '3_2.jpg'], [1, 2])).toBe(false);
  expect(orderAgrees(['1_1_3.jpg', '2_2_2.jpg', '3_3_1.jpg'], [1, 2, 3])).toBe(false);
  expect(frameNumbersAt(against, -1).numbers).toEqual([3, 2, 1]);
  expect(frameNumbersAt(against, 1).numbers).toEqual([1, 2, 3]);
  expect(frameNumbersAt(['a.jpg', '5.jpg'], 2).numbers).toEqual([null, null]);
});

test('whatever stays the same around it, the frame number is found', () => {
  const word = fc.stringMatching(/^[a-z]{1,5}$/);
  const constant = fc.tuple(word, fc.integer({ min: 0, max: 9999 })).map(([text, number]) => `${text}${number}`);
  fc.assert(
    fc.property(
      fc.array(constant, { maxLength: 3 }),
      fc.array(constant, { maxLength: 3 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 99_999 }), { minLength: 2, maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      (before, after, frames, width) => {
        const names = frames.map((frame) => `${[...before, `f${String(frame).padStart(width, '0')}`, ...after].join('_')}.jpg`);
        const guess = guessFrameNumbers(names);
        expect('numbers' in guess && guess.numbers).toEqual(frames);
      },
    ),
  );
});
