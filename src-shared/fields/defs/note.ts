/** Free remark on a tracklet. Not for descriptions of people. */
import { defineField } from '../field.ts';

export default defineField<string>({
  id: 'note',
  title: 'Note',
  help: 'A remark on this tracklet',
  scope: 'tracklet',
  widget: 'text',
  choices: [],
  order: -1,
  parse: (value) => (typeof value === 'string' && value.trim() !== '' && value.length <= 2000 ? value.trim() : null),
  describe: (value) => value,
  merge: (a, b) => (a.includes(b) ? a : b.includes(a) ? b : `${a}; ${b}`),
  exportName: 'note',
  facet: null,
  statistics: null,
  columns: {
    kinds: { note: 'text' },
    derive: ({ of }) => ({ note: (of('note').at(-1)?.value as string | undefined) ?? '' }),
  },
});
