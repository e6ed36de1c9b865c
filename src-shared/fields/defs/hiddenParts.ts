/** Body parts that are hidden in a frame; left and right are the person's own. */
import { defineField } from '../field.ts';

const choices = [
  { value: 'head', title: 'Head', key: '8' },
  { value: 'torso', title: 'Torso', key: '5' },
  { value: 'leftArm', title: 'Left arm', key: '6' },
  { value: 'rightArm', title: 'Right arm', key: '4' },
  { value: 'leftLeg', title: 'Left leg', key: '3' },
  { value: 'rightLeg', title: 'Right leg', key: '1' },
];
const order = choices.map((choice) => choice.value);

export default defineField<string[]>({
  id: 'hiddenParts',
  title: 'Hidden parts',
  help: 'Parts of the body that are more than half hidden; left and right are the person’s own',
  scope: 'frame',
  widget: 'set',
  choices,
  order: 2,
  parse(value) {
    if (!Array.isArray(value) || !value.every((part) => order.includes(part as string))) return null;
    return order.filter((part) => value.includes(part));
  },
  describe: (value) =>
    value.length === 0 ? 'All parts visible' : value.map((part) => choices.find((choice) => choice.value === part)?.title ?? part).join(', '),
  merge: (a, b) => order.filter((part) => a.includes(part) || b.includes(part)),
  exportName: 'hidden_parts',
  facet: { values: choices, isAlwaysShown: false },
  statistics: { title: 'Hidden part' },
});
