/** How well the frame can be judged. */
import { defineField } from '../field.ts';

const choices = [
  { value: 'good', title: 'Good', key: null },
  { value: 'blurred', title: 'Blurred', key: null },
  { value: 'dark', title: 'Dark', key: null },
  { value: 'unsure', title: 'Unsure', key: null },
];
const order = choices.map((choice) => choice.value);

export default defineField<string>({
  id: 'quality',
  title: 'Quality',
  help: 'How well the frame can be judged',
  scope: 'frame',
  widget: 'choice',
  choices,
  order: 3,
  parse: (value) => (order.includes(value as string) ? (value as string) : null),
  describe: (value) => choices.find((choice) => choice.value === value)?.title ?? value,
  merge: (a, b) => (order.indexOf(a) >= order.indexOf(b) ? a : b),
  exportName: 'quality',
  facet: { values: choices, isAlwaysShown: false },
  statistics: { title: 'Quality' },
});
