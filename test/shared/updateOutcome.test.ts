/** What an update did to people's work is said only where it did something. */
import { expect, test } from 'vitest';
import { outcomeSentences } from '../../src-shared/updateOutcome.ts';

const NOTHING = { setAside: 0, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0 };
const backup = '000005-20261130-121903';
test.each([
  [{ setAside: 0, stepsEnded: 0 }, []],
  [{ setAside: 1, stepsEnded: 0 }, ['1 value was set aside, since its picture changed or is gone.']],
  [{ setAside: 2, stepsEnded: 0 }, ['2 values were set aside, since their pictures changed or are gone.']],
  [{ setAside: 0, stepsEnded: 1 }, [`1 step of undo on what changed, or below such a step, ended; the backup ${backup} holds the project as it was before.`]],
  [{ moved: 1 }, ['1 value went with its picture into another tracklet.']],
  [{ putBack: 1 }, ['1 value that had been set aside was put back, since its picture is there again.']],
  [{ splitsKept: 1 }, ['1 tracklet that has another name now keeps the split that was chosen for it.']],
  [
    { moved: 2, putBack: 3, splitsKept: 4 },
    [
      '2 values went with their pictures into other tracklets.',
      '3 values that had been set aside were put back, since their pictures are there again.',
      '4 tracklets that have other names now keep the splits that were chosen for them.',
    ],
  ],
  [
    { setAside: 3, stepsEnded: 2 },
    [
      '3 values were set aside, since their pictures changed or are gone.',
      `2 steps of undo on what changed, or below such a step, ended; the backup ${backup} holds the project as it was before.`,
    ],
  ],
])('%o', (outcome, sentences) => {
  expect(outcomeSentences({ ...NOTHING, ...outcome, backup })).toEqual(sentences);
});

test('the copy is called by what the list of copies shows of it', () => {
  const at = new Date(2026, 10, 30, 12, 19, 3).getTime();
  expect(outcomeSentences({ setAside: 0, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 1, backup, backupAt: at })).toEqual([
    '1 step of undo on what changed, or below such a step, ended; the backup of 2026-11-30 12:19 holds the project as it was before.',
  ]);
});
