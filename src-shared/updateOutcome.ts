/** What an update from the source did to people's work, in sentences for log, terminal and page. Test: test/shared/updateOutcome.test.ts. */
import type { UpdateOutcome } from './entities.ts';

export function outcomeSentences({ setAside, stepsEnded, backup }: UpdateOutcome): string[] {
  const said: string[] = [];
  if (setAside > 0)
    said.push(
      setAside === 1
        ? '1 value was set aside, since its picture changed or is gone.'
        : `${setAside} values were set aside, since their pictures changed or are gone.`,
    );
  if (stepsEnded > 0)
    said.push(
      `${stepsEnded === 1 ? '1 step' : `${stepsEnded} steps`} of undo on tracklets that changed ended; the backup ${backup} holds the project as it was before.`,
    );
  return said;
}
