/** Which digits of a name count frames: public naming styles, worked out by hand, and that an unsafe choice is not made. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameNumbersAt, guessFrameNumbers, orderAgrees, readFrameNumbers, undecidedRemedy } from '../../../datasets/readers/frameNumbers.ts';

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
    ['the beginning that most share, behind another', ['x9.jpg', 'f1.jpg', 'f2.jpg', 'f3.jpg'], [null, 1, 2, 3], false],
    ['the beginning that most share, before another', ['f1.jpg', 'f2.jpg', 'f3.jpg', 'x9.jpg'], [1, 2, 3, null], false],
    ['one of three beginnings', ['x8.jpg', 'f1.jpg', 'y9.jpg', 'f2.jpg'], [null, 1, null, 2], false],
    // The second group stands in two names of four.
    ['numbers twice, before one that few have', ['1_a.jpg', '1_b.jpg', '2_8.jpg', '2_9.jpg'], [1, 1, 2, 2], true],
    ['one that stays, before numbers twice', ['cam1_0001.jpg', 'cam1_0001.png', 'cam1_0002.jpg'], [1, 1, 2], true],
    ['each picture its own, with gaps, before one that counts', ['1_10.jpg', '1_20.jpg', '2_30.jpg'], [10, 20, 30], true],
    ['one that does not follow, behind a number that stays', ['cam7_0001.jpg', 'cam7_0002.jpg', 'cam7_cover.jpg'], [1, 2, null], true],
    ['the same twice', ['1_1.jpg', '2_2.jpg', '3_3.jpg'], one, true],
    ['one of two that counts without gaps', ['10_1.jpg', '30_2.jpg', '20_3.jpg'], one, true],
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

test('only groups that could be it are offered', () => {
  expect(guessFrameNumbers(['c1_10_50.jpg', 'c1_30_20.jpg', 'c1_60_90.jpg'])).toEqual({ groups: [2, 3] });
  expect(guessFrameNumbers(['a1_b2.jpg'])).toEqual({ groups: [1, 2] });
  expect(guessFrameNumbers(['a1.jpg', 'a1.png'])).toEqual({ groups: [1] });
  expect(guessFrameNumbers(['a1.jpg', 'b2.jpg'])).toEqual({ group: 1, numbers: [1, null], isGuess: false });
  expect(guessFrameNumbers([])).toEqual({ group: 0, numbers: [], isGuess: false });
  expect(undecidedRemedy({ groups: [2, 3] })).toBe(
    'Set the option frameNumber to the group that counts frames, such as frameNumber=2 (1 is the first group of digits in a name).',
  );
});

test('0 compares the names, any other number names the group; a hash at the end is none, however it is written', () => {
  const names = ['cam1_000012.jpg', 'cam1_000013.jpg'];
  expect(readFrameNumbers(names, 0)).toEqual({ group: 2, numbers: [12, 13], isGuess: true });
  expect(readFrameNumbers(names, 1)).toEqual({ group: 1, numbers: [1, 1], isGuess: false });
  expect(frameNumbersAt(['7.rf.0a1b.jpg', '7_jpg.RF.0A1B.jpg', '7.rf.jpg'], -1)).toEqual({ group: -1, numbers: [7, 7, 7], isGuess: false });
  // Not at the end, and not of digits and letters alone.
  expect(frameNumbersAt(['a.rf.1_5.jpg', '7.rf.a-1.jpg'], 2).numbers).toEqual([5, 1]);
});

test('a number of more than fifteen digits is none: not every one of them can be told from the next', () => {
  expect(frameNumbersAt([`${'9'.repeat(15)}.jpg`, `${'9'.repeat(16)}.jpg`], 1).numbers).toEqual([999_999_999_999_999, null]);
});

test('an order agrees where equal numbers and pictures without one stand as they are given', () => {
  expect(orderAgrees(['1_1.jpg', '1_1a.jpg', '2_5.jpg'], [1, 2])).toBe(true);
  expect(orderAgrees(['2_1.jpg', '2_2.jpg', '1_3.jpg'], [1, 2])).toBe(false);
  expect(orderAgrees([], [])).toBe(false);
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
