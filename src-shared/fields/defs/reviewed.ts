/** Review state of a tracklet. No value = not started, or in progress once a human value exists. */
import { scoresOf } from '../derive.ts';
import { defineField } from '../field.ts';
import { reviewGaps } from '../review.ts';
import visibility from './visibility.ts';

const choices = [
  { value: 'reviewed', title: 'Reviewed', key: null },
  { value: 'disputed', title: 'Disputed', key: null },
];

export default defineField<string>({
  id: 'reviewed',
  title: 'Review',
  help: 'Whether a person has looked at the whole tracklet',
  scope: 'tracklet',
  widget: 'flag',
  choices,
  order: -2,
  parse: (value) => (choices.some((choice) => choice.value === value) ? (value as string) : null),
  describe: (value) => choices.find((choice) => choice.value === value)?.title ?? value,
  merge: (a, b) => (a === 'disputed' || b === 'disputed' ? 'disputed' : 'reviewed'),
  exportName: 'reviewed',
  // Found and counted by its state, which follows from more than its value.
  facet: null,
  statistics: null,
  columns: {
    kinds: { review: 'text', review_gaps: 'frames' },
    derive({ frames, of, isBegun, fastest }) {
      const mark = of('reviewed').at(-1);
      if (mark === undefined) return { review: isBegun ? 'started' : 'none', review_gaps: 0 };
      if (mark.value !== 'reviewed') return { review: mark.value as string, review_gaps: 0 };
      const gaps = reviewGaps(frames, scoresOf(of(visibility.id), frames), isJudged(mark) ? fastest() : null);
      return { review: 'reviewed', review_gaps: isJudged(mark) ? gaps.either : gaps.withoutValue };
    },
  },
});

/** A review that came with the data set, or was made before showing was recorded, says nothing about what was seen. */
function isJudged({ how }: { how: string }): boolean {
  return how === 'judged';
}
