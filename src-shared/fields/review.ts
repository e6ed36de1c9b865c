/**
 * What a tracklet lacks for a whole review: frames without a visibility value, and frames that nobody was shown. The same rule tells the
 * curator before the mark is set, makes the host refuse it without `anyway`, and tells both kinds of reviewed apart in the grid.
 * Test: test/shared/fields/review.test.ts.
 */
export interface ReviewGaps {
  frames: number;
  withoutValue: number;
  notSeen: number;
  /** Frames that lack one or the other. */
  either: number;
}

/** `visibility`: −1 = no value; null = none has one. `fastest` of `SeenColumns`: 0 = never shown; null = nobody was shown anything. */
export function reviewGaps(frames: number, visibility: ArrayLike<number> | null, fastest: ArrayLike<number> | null): ReviewGaps {
  const gaps: ReviewGaps = { frames, withoutValue: 0, notSeen: 0, either: 0 };
  for (let i = 0; i < frames; i++) {
    const lacksValue = (visibility?.[i] ?? -1) < 0;
    const isUnseen = (fastest?.[i] ?? 0) === 0;
    if (lacksValue) gaps.withoutValue++;
    if (isUnseen) gaps.notSeen++;
    if (lacksValue || isUnseen) gaps.either++;
  }
  return gaps;
}

/** "12 of 40 frames have no value, 7 were not seen"; null when nothing is missing. */
export function gapsSentence({ frames, withoutValue, notSeen, either }: ReviewGaps): string | null {
  if (either === 0) return null;
  if (withoutValue === 0) return `${notSeen} of ${frames} ${were(notSeen)} not seen`;
  const values = `${withoutValue} of ${frames} frames ${withoutValue === 1 ? 'has' : 'have'} no value`;
  return notSeen === 0 ? values : `${values}, ${notSeen} ${notSeen === 1 ? 'was' : 'were'} not seen`;
}

function were(n: number): string {
  return n === 1 ? 'frames was' : 'frames were';
}
