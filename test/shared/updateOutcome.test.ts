/** What an update did to people's work is said only where it did something. */
import { expect, test } from 'vitest';
import { outcomeSentences } from '../../src-shared/updateOutcome.ts';

const backup = '000005-20261130-121903';
test.each([
  [{ setAside: 0, stepsEnded: 0 }, []],
  [{ setAside: 1, stepsEnded: 0 }, ['1 value was set aside, since its picture changed or is gone.']],
  [{ setAside: 2, stepsEnded: 0 }, ['2 values were set aside, since their pictures changed or are gone.']],
  [{ setAside: 0, stepsEnded: 1 }, [`1 step of undo on tracklets that changed ended; the backup ${backup} holds the project as it was before.`]],
  [
    { setAside: 3, stepsEnded: 2 },
    [
      '3 values were set aside, since their pictures changed or are gone.',
      `2 steps of undo on tracklets that changed ended; the backup ${backup} holds the project as it was before.`,
    ],
  ],
])('%o', (outcome, sentences) => {
  expect(outcomeSentences({ ...outcome, backup })).toEqual(sentences);
});
