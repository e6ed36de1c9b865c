/** Review state of a tracklet. No value = not started, or in progress once a human value exists. */
import { defineField } from '../field.ts';

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
});
