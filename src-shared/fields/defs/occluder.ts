/** What hides the person in a frame. */
import { defineField } from '../field.ts';

const choices = [
  { value: 'object', title: 'Object', key: null },
  { value: 'person', title: 'Person', key: null },
  { value: 'edge', title: 'Edge', key: null },
  { value: 'self', title: 'Self', key: null },
];

export default defineField<string>({
  id: 'occluder',
  title: 'Occluder',
  help: 'What is in front of the person: an object, another person, the edge of the frame, the person itself',
  scope: 'frame',
  widget: 'choice',
  choices,
  order: 1,
  parse: (value) => (choices.some((choice) => choice.value === value) ? (value as string) : null),
  describe: (value) => choices.find((choice) => choice.value === value)?.title ?? value,
  merge: (a) => a,
  exportName: 'occluder',
  facet: {
    values: [
      { value: 'person', title: 'Person' },
      { value: 'object', title: 'Object' },
      { value: 'edge', title: 'Frame edge' },
      { value: 'self', title: 'Self' },
    ],
    isAlwaysShown: true,
  },
  statistics: { title: 'Hidden by' },
});
