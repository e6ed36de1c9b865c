/** What an update from the source did to people's work, in sentences for log, terminal and page. Test: test/shared/updateOutcome.test.ts. */
import { copyName } from './backupText.ts';
import type { UpdateOutcome } from './contract/imports.ts';

export function outcomeSentences({ setAside, moved, putBack, splitsKept, stepsEnded, backup, backupAt }: UpdateOutcome): string[] {
  const said: string[] = [];
  if (moved > 0)
    said.push(moved === 1 ? '1 value went with its picture into another tracklet.' : `${moved} values went with their pictures into other tracklets.`);
  if (putBack > 0)
    said.push(
      putBack === 1
        ? '1 value that had been set aside was put back, since its picture is there again.'
        : `${putBack} values that had been set aside were put back, since their pictures are there again.`,
    );
  if (setAside > 0)
    said.push(
      setAside === 1
        ? '1 value was set aside, since its picture changed or is gone.'
        : `${setAside} values were set aside, since their pictures changed or are gone.`,
    );
  if (splitsKept > 0)
    said.push(
      splitsKept === 1
        ? '1 tracklet that has another name now keeps the split that was chosen for it.'
        : `${splitsKept} tracklets that have other names now keep the splits that were chosen for them.`,
    );
  if (stepsEnded > 0)
    said.push(
      `${stepsEnded === 1 ? '1 step' : `${stepsEnded} steps`} of undo on what changed, or below such a step, ended; ${backupAt === undefined ? `the backup ${backup}` : copyName(backupAt)} holds the project as it was before.`,
    );
  return said;
}
